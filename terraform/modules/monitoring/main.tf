# Everything here is read from the run reports, the JSON line that each job ends with (docs/operations.md).

locals {
  job_names = sort(values(var.jobs))
  of_jobs = join(" AND ", [
    "resource.type=\"cloud_run_job\"",
    "resource.labels.job_name=(${join(" OR ", [for name in local.job_names : "\"${name}\""])})",
    "jsonPayload.exit_code>=0",
  ])

  # Numbers of the reports that become metrics.
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
      description = "Share of a day's chosen interactions that have a verdict"
      filter      = "jsonPayload.job:\"batch-judge\""
      field       = "coverage"
    }
    cost_micro_usd = {
      description = "What runs spent on models, in millionths of a US dollar"
      filter      = "jsonPayload.cost_micro_usd>=0"
      field       = "cost_micro_usd"
    }
  }
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

resource "google_logging_metric" "sealed" {
  project     = var.project_id
  name        = "stream_worker/runs_that_sealed"
  description = "Loads that completed at least one hour"
  filter      = "${local.of_jobs} AND jsonPayload.job=\"loader load\" AND jsonPayload.hours_sealed:\"T\""

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
  report = { for key, metric in google_logging_metric.report : key => "logging_googleapis_com:user_${replace(metric.name, "/", "_")}" }

  alerts = merge(
    {
      job_failed = {
        name     = "A job failed again and again"
        query    = <<-PROMQL
          sum by (job_name) (increase(run_googleapis_com:job_completed_execution_count{
            monitored_resource="cloud_run_job", result="failed", job_name=~"${join("|", local.job_names)}"
          }[3h])) >= ${var.limits.failed_executions}
        PROMQL
        severity = "ERROR"
        remedy   = "Read the last run's report: `failure`, `stop_reason` and `exit_code`. Status 75 means that it was not done in time."
      }
      lag = {
        name     = "The loader falls behind"
        query    = "max_over_time((${local.report["lag"]}_sum / ${local.report["lag"]}_count)[1h:]) > ${var.limits.lag}"
        severity = "WARNING"
        remedy   = "Longer runs, more tasks (at most one for each partition), or look for a partition that stands still: `loader status` with brokers."
      }
      dead_letters = {
        name     = "Records are no interactions"
        query    = "increase(${local.report["dead_letters"]}_sum[1h]) > ${var.limits.dead_letters}"
        severity = "WARNING"
        remedy   = "`dead_letters` in the report says why. Nothing is lost: see “Dead letters” in docs/operations.md."
      }
      judge_coverage = {
        name     = "Too few interactions were judged"
        query    = "min_over_time((${local.report["judge_coverage"]}_sum / ${local.report["judge_coverage"]}_count)[1d:]) < ${var.limits.judge_coverage}"
        severity = "WARNING"
        remedy   = "summary.json of the day says why the others are unjudged."
      }
      cost = {
        name     = "Models cost more than planned"
        query    = "sum(increase(${local.report["cost_micro_usd"]}_sum[1d])) / 1e6 > ${var.limits.daily_cost_usd}"
        severity = "ERROR"
        remedy   = "`cost_micro_usd` in the reports says which job. Lower its --max-cost-usd, or raise daily_cost_usd."
      }
    },
    var.has_schedule ? {
      unsealed = {
        name     = "No hour was completed for ${var.limits.unsealed_hours} hours"
        query    = <<-PROMQL
          (sum(increase(logging_googleapis_com:user_stream_worker_runs_that_sealed[${var.limits.unsealed_hours}h])) or vector(0)) == 0
        PROMQL
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
      query               = trimspace(each.value.query)
      duration            = "0s"
      evaluation_interval = "300s"
    }
  }

  documentation {
    content   = each.value.remedy
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.report, google_logging_metric.sealed]
}

locals {
  charts = [
    { title = "Interactions stored", query = "increase(${local.report["records"]}_sum[1h])" },
    { title = "Records not read yet", query = "${local.report["lag"]}_sum / ${local.report["lag"]}_count" },
    { title = "Dead letters", query = "increase(${local.report["dead_letters"]}_sum[1h])" },
    { title = "Loads that completed an hour", query = "increase(logging_googleapis_com:user_stream_worker_runs_that_sealed[1h])" },
    { title = "Interactions tagged", query = "increase(${local.report["tagged_records"]}_sum[1h])" },
    { title = "Share of interactions judged", query = "${local.report["judge_coverage"]}_sum / ${local.report["judge_coverage"]}_count" },
    { title = "Spent on models in a day, USD", query = "sum(increase(${local.report["cost_micro_usd"]}_sum[1d])) / 1e6" },
    {
      title = "Executions by result"
      query = "sum by (job_name, result) (increase(run_googleapis_com:job_completed_execution_count{monitored_resource=\"cloud_run_job\", job_name=~\"${join("|", local.job_names)}\"}[1h]))"
    },
  ]
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "stream-worker"
    mosaicLayout = {
      columns = 48
      tiles = [
        for index, chart in local.charts : {
          xPos   = index % 2 * 24
          yPos   = floor(index / 2) * 16
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
        }
      ]
    }
  })
}
