# Everything here is read from the run reports, the JSON line that each job ends with (docs/operations.md).

locals {
  job_names = sort(values(var.jobs))
  of_jobs = join(" AND ", [
    "resource.type=\"cloud_run_job\"",
    "resource.labels.job_name=(${join(" OR ", [for name in local.job_names : "\"${name}\""])})",
    "jsonPayload.exit_code>=0",
  ])

  # Numbers of the reports that become metrics. A report has `coverage` when its run wrote a day's results, and money is of
  # what its run paid for: nothing is told twice.
  metrics = {
    lag = {
      description = "Records of the topic that a load left unread"
      filter      = "jsonPayload.job=\"loader load\""
      field       = "lag"
    }
    dead_letters = {
      description = "Records that are no interactions, by run"
      filter      = "jsonPayload.job=\"loader load\""
      field       = "dead_letter_records"
    }
    records = {
      description = "Interactions that a load stored"
      filter      = "jsonPayload.job=\"loader load\""
      field       = "records"
    }
    tagged_records = {
      description = "Interactions that a run tagged"
      filter      = "jsonPayload.job=\"loader tag\""
      field       = "records"
    }
    judge_coverage = {
      description = "Share of the interactions asked about that got a verdict"
      filter      = "jsonPayload.coverage>=0"
      field       = "coverage"
    }
    cost_micro_usd = {
      description = "What runs spent on models, in millionths of a US dollar"
      filter      = "jsonPayload.cost_micro_usd>=0"
      field       = "cost_micro_usd"
    }
  }

  # Reports that are counted.
  counters = {
    runs_that_sealed = {
      description = "Loads that completed at least one hour"
      filter      = "jsonPayload.job=\"loader load\" AND jsonPayload.hours_sealed:\"T\""
    }
    runs_that_judged = {
      description = "Runs that wrote the results of a day, be it of no interactions"
      filter      = "jsonPayload.days.is_reported=true"
    }
    runs_that_failed = {
      description = "Runs that ended badly; 75 means that something is left for the next one"
      # 66 of the collector: nothing was assembled yet. Why that is so, the judge has told.
      filter = "jsonPayload.exit_code>0 AND NOT jsonPayload.exit_code=75 AND NOT (resource.labels.job_name=\"${var.jobs["collect"]}\" AND jsonPayload.exit_code=66)"
    }
  }

  # Those whose every failed execution means something. The collector fails as long as Vertex AI has not finished; an
  # hourly job is repaired by its next run.
  daily_names  = [for key in ["judge", "push", "backup", "verify"] : var.jobs[key] if contains(keys(var.jobs), key)]
  hourly_names = [for key in ["loader", "tagger"] : var.jobs[key] if contains(keys(var.jobs), key)]
}

resource "google_logging_metric" "report" {
  for_each = local.metrics

  project         = var.project_id
  name            = "stream_worker/${each.key}"
  description     = each.value.description
  filter          = "${local.of_jobs} AND ${each.value.filter}"
  value_extractor = "EXTRACT(jsonPayload.${each.value.field})"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
  }
}

resource "google_logging_metric" "count" {
  for_each = local.counters

  project     = var.project_id
  name        = "stream_worker/${each.key}"
  description = each.value.description
  filter      = "${local.of_jobs} AND ${each.value.filter}"

  # Which job it was is the label job_name of the resource.
  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.emails)

  project      = var.project_id
  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
}

locals {
  prefix = "logging_googleapis_com:user_stream_worker"
  run    = "monitored_resource=\"cloud_run_job\""

  # What a metric's reports say on average, and in all.
  mean = {
    for key in keys(local.metrics) : key => join(" / ", [
      for part in ["sum", "count"] : "sum(increase(${local.prefix}_${key}_${part}{${local.run}}[%[1]s]%[2]s))"
    ])
  }
  total = { for key in keys(local.metrics) : key => "sum(increase(${local.prefix}_${key}_sum{${local.run}}[%s]))" }
  count = {
    for key in keys(local.counters) : key => "sum by (job_name) (increase(${local.prefix}_${key}{${local.run}}[%s]))"
  }

  executions    = "run_googleapis_com:job_completed_execution_count{${local.run}, %s}"
  failed        = format(local.executions, "result=\"failed\", job_name=~\"%s\"")
  failed_hourly = format(local.failed, join("|", local.hourly_names))
  failed_daily  = format(local.failed, join("|", local.daily_names))
  # Of the loader each task reports.
  failed_runs = "sum by (job_name) (increase(${local.prefix}_runs_that_failed{${local.run}, job_name%s\"${var.jobs["loader"]}\"}[3h]))"
  # Zero where there is nothing: a job that never ran has no value.
  absent = "(sum(increase(%s[%s])) or vector(0)) == 0"
  lag = {
    for hours in ["0h", "1h", "2h"] : hours => join("", [
      var.tasks == 1 ? "" : "${var.tasks} * ", format(local.mean["lag"], "1h", hours == "0h" ? "" : " offset ${hours}"),
    ])
  }

  alerts = merge(
    {
      job_failed = {
        name = "A job failed"
        query = join(" or ", [
          "sum by (job_name) (increase(${local.failed_hourly}[3h])) >= ${var.limits.failed_executions}",
          "sum by (job_name) (increase(${local.failed_daily}[1d])) >= 1",
          "${format(local.failed_runs, "!=")} >= ${var.limits.failed_executions}",
          "${format(local.failed_runs, "=")} >= ${var.limits.failed_executions * var.tasks}",
        ])
        duration = "0s"
        severity = "ERROR"
        remedy   = "Read the last run's report: `failure`, `stop_reason` and `exit_code`. Status 75 means that it was not done in time."
      }
      lag = {
        name = "The loader falls behind"
        query = join(" or ", [
          "${local.lag["0h"]} > ${var.limits.lag}",
          # Below the limit, but more from hour to hour.
          "(${local.lag["0h"]} > ${local.lag["1h"]} and ${local.lag["1h"]} > ${local.lag["2h"]} and ${local.lag["0h"]} > ${var.limits.lag / 10})",
        ])
        duration = "0s"
        severity = "WARNING"
        remedy   = "Longer runs, more tasks (at most one for each partition), or look for a partition that stands still: `loader status` with brokers."
      }
      dead_letters = {
        name     = "Records are no interactions"
        query    = "${format(local.total["dead_letters"], "1h")} > ${var.limits.dead_letters}"
        duration = "0s"
        severity = "WARNING"
        remedy   = "`dead_letters` in the report says why. Nothing is lost: see “Dead letters” in docs/operations.md."
      }
      judge_coverage = {
        name     = "Too few interactions were judged"
        query    = "${format(local.mean["judge_coverage"], "1d", "")} < ${var.limits.judge_coverage}"
        duration = "0s"
        severity = "WARNING"
        remedy   = "summary.json of the day says why the others are unjudged."
      }
      cost = {
        name     = "Models cost more than planned"
        query    = "${format(local.total["cost_micro_usd"], "1d")} / 1e6 > ${var.limits.daily_cost_usd}"
        duration = "0s"
        severity = "ERROR"
        remedy   = "`cost_micro_usd` in the reports says which job. Lower its --max-cost-usd, or raise daily_cost_usd."
      }
    },
    length(var.starts) > 0 ? {
      not_started = {
        name = "A job was not started"
        query = join(" or ", [
          for key, days in var.starts : join("", [
            "label_replace(", format(local.absent, format(local.executions, "job_name=\"${var.jobs[key]}\""), "${days}d"),
            ", \"job_name\", \"${var.jobs[key]}\", \"\", \"\")",
          ])
        ])
        # As much later may a run end than the one before it.
        duration = "10800s"
        severity = "ERROR"
        remedy   = "`gcloud scheduler jobs list` says whether its schedule is enabled, and how the last attempt ended. After a pause the incident stays until each job ran again."
      }
    } : {},
    length(setintersection(keys(var.starts), ["judge", "collect"])) == 2 ? {
      not_judged = {
        name = "Nothing was judged for two days"
        # Not of a new deployment: the judge was at work a day ago, too.
        query = join(" and ", [
          format(local.absent, "${local.prefix}_runs_that_judged{${local.run}}", "1d"),
          "sum(increase(${format(local.executions, "job_name=\"${var.jobs["judge"]}\"")}[1d] offset 1d)) > 0",
        ])
        # Vertex AI may take three days for one day, not for each.
        duration = "72000s"
        severity = "ERROR"
        remedy   = "`days` in the last reports of the judge and the collector says what they wait for, and `failure` what failed. No report at all: look at the job's executions, whether they were killed."
      }
    } : {},
    var.is_hourly ? {
      unsealed = {
        name = "No hour was completed for ${var.limits.unsealed_hours} hours"
        # An hour without one, and that for the rest of the time: so a new deployment is given it, too.
        query    = format(local.absent, "${local.prefix}_runs_that_sealed{${local.run}}", "1h")
        duration = "${(var.limits.unsealed_hours - 1) * 3600}s"
        severity = "ERROR"
        remedy   = "`loader status` says which partitions are open: see “Why an hour stays open” in docs/operations.md."
      }
    } : {},
  )
}

resource "google_monitoring_alert_policy" "this" {
  for_each = local.alerts

  project               = var.project_id
  display_name          = "stream-worker: ${each.value.name}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  conditions {
    display_name = each.value.name

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = each.value.duration
      evaluation_interval = "300s"
      # A metric that has no value yet is not known: without jobs that ran, nothing could be deployed.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = each.value.remedy
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.report, google_logging_metric.count]
}

locals {
  charts = [
    { title = "Interactions stored", query = format(local.total["records"], "1h") },
    { title = "Records not read yet", query = local.lag["0h"] },
    { title = "Dead letters", query = format(local.total["dead_letters"], "1h") },
    { title = "Loads that completed an hour", query = format(local.count["runs_that_sealed"], "1h") },
    { title = "Interactions tagged", query = format(local.total["tagged_records"], "1h") },
    { title = "Share of interactions judged", query = format(local.mean["judge_coverage"], "1d", "") },
    { title = "Spent on models in a day, USD", query = "${format(local.total["cost_micro_usd"], "1d")} / 1e6" },
    { title = "Runs that ended badly", query = format(local.count["runs_that_failed"], "1h") },
    {
      title = "Executions by result"
      query = "sum by (job_name, result) (increase(run_googleapis_com:job_completed_execution_count{${local.run}, job_name=~\"${join("|", local.job_names)}\"}[1h]))"
    },
  ]
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "stream-worker"
    mosaicLayout = {
      columns = 48
      # Zeros are left out, as the API leaves them out: the provider would see a change in each plan.
      tiles = [for index, chart in local.charts : merge(
        index % 2 == 0 ? {} : { xPos = 24 },
        index < 2 ? {} : { yPos = floor(index / 2) * 16 },
        {
          width  = 24
          height = 16
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType        = "LINE"
                timeSeriesQuery = { prometheusQuery = chart.query }
              }]
            }
          }
        },
      )]
    }
  })
}
