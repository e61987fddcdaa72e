# The Cloud Run jobs. Every name of a variable in here is one of `loader --help` or `batch-judge --help`; a test checks it.

# A retry of the judge or the tagger would have its whole budget again; one that follows a kill would only meet the lease
# of the run that was killed. Their next run goes on.

# Which jobs there are, whose account each one has, and which secrets. Apart from the rest, and by names only: the secrets
# are made first, with -target, and that must not make anything else.
locals {
  braintrust_key = { BRAINTRUST_API_KEY = "braintrust-api-key" }
  wants = merge(
    {
      loader = {
        account = "loader"
        secrets = local.has_kafka_password ? {
          KAFKA_SASL_USERNAME = "kafka-username"
          KAFKA_SASL_PASSWORD = "kafka-password"
        } : {}
      }
      verify  = { account = "loader", secrets = {} }
      judge   = { account = "batch_judge", secrets = {} }
      collect = { account = "batch_judge", secrets = {} }
    },
    local.has_tags ? {
      tagger = {
        account = "tagger"
        secrets = merge({ ANTHROPIC_API_KEY = "anthropic-api-key" }, local.has_braintrust ? local.braintrust_key : {})
      }
    } : {},
    local.has_braintrust ? { push = { account = "batch_judge", secrets = local.braintrust_key } } : {},
    local.has_backup ? { backup = { account = "backup", secrets = local.braintrust_key } } : {},
  )
  secrets = { for key, job in local.wants : key => merge(job.secrets, lookup(var.secret_settings, key, {})) }
  # Which accounts read which secrets: those of the jobs that have them.
  reads = distinct(flatten([
    for key, job in local.wants : [
      for secret in concat(values(local.secrets[key]), values(lookup(var.secret_files, key, {}))) : {
        secret  = secret
        account = job.account
      }
    ]
  ]))
}

locals {
  storage = {
    GCS_BUCKET_NAME = module.storage.bucket
    KAFKA_TOPIC     = var.kafka_topic
    LOG_FORMAT      = "json"
  }

  # The collector submits what has to be asked again.
  judge = merge(local.storage, {
    GCP_PROJECT       = var.project_id
    GCP_LOCATION      = coalesce(var.model_location, var.region)
    MODEL_ID          = var.model_id
    MODEL_FALLBACK_ID = var.model_fallback_id
    MAX_COST_USD      = tostring(var.judge_max_cost_usd)
  })

  # Those that are wanted.
  jobs = { for key, job in local.all_jobs : key => job if contains(keys(local.wants), key) }
  all_jobs = {
    loader = {
      name          = "interaction-loader"
      schedule_name = "trigger-loader-hourly"
      image         = var.loader_image
      args          = ["load"]
      limit_seconds = 3000
      max_retries   = 1
      env = merge(local.storage, {
        KAFKA_BROKERS           = local.kafka_brokers
        KAFKA_CONSUMER_GROUP    = var.kafka_consumer_group
        KAFKA_SECURITY_PROTOCOL = var.kafka_security_protocol
        MAX_DURATION            = "3000s"
      }, local.has_sasl ? { KAFKA_SASL_MECHANISM = local.sasl_mechanism } : {})
    }
    # Nobody else would see what was deleted or damaged before it is too late to bring it back.
    verify = {
      name          = "interaction-verify"
      schedule_name = "trigger-verify-daily"
      image         = var.loader_image
      args          = ["verify"]
      limit_seconds = 7200
      max_retries   = 1
      env = merge(local.storage, {
        DATE = "yesterday"
        # It reads every plan.
        STORAGE_CONCURRENCY = "32"
      })
    }
    judge = {
      name          = "llm-judge-trigger"
      schedule_name = "trigger-judge-daily"
      image         = var.batch_judge_image
      args          = ["trigger"]
      limit_seconds = 7200
      max_retries   = 0
      env           = merge(local.judge, { JUDGE_SAMPLE = tostring(var.judge_sample) })
    }
    collect = {
      name          = "llm-judge-collect"
      schedule_name = "trigger-judge-collect"
      image         = var.batch_judge_image
      args          = ["collect"]
      limit_seconds = 7200
      max_retries   = 0
      env           = local.judge
    }
    tagger = {
      name          = "interaction-tagger"
      schedule_name = "trigger-tagger-hourly"
      image         = var.loader_image
      args          = ["tag"]
      limit_seconds = 2400
      max_retries   = 0
      env = merge(local.storage, {
        MAX_COST_USD = tostring(var.tag_max_cost_usd)
        MAX_DURATION = "2400s"
      }, local.has_braintrust ? { BRAINTRUST_PROJECT_ID = var.braintrust_project_id } : {})
    }
    push = {
      name          = "dataset-push"
      schedule_name = "trigger-push-daily"
      image         = var.batch_judge_image
      args          = ["push"]
      limit_seconds = 7200
      max_retries   = 0
      env           = merge(local.storage, { BRAINTRUST_PROJECT_ID = var.braintrust_project_id })
    }
    backup = {
      name          = "braintrust-logs-backup"
      schedule_name = "trigger-backup-weekly"
      image         = var.batch_judge_image
      args          = ["backup"]
      limit_seconds = 10800
      max_retries   = 1
      env = {
        BACKUP_BUCKET = module.storage.backup_bucket
        BACKUP_SPOOL  = module.storage.spool_bucket
        # Two weeks each week: what one run missed is in the next one's backup.
        BACKUP_DAYS           = "14"
        BRAINTRUST_PROJECT_ID = var.braintrust_project_id
        LOG_FORMAT            = "json"
        MAX_DURATION          = "10800s"
      }
    }
  }
}

# When they run, and how long.
locals {
  # What settings say wins, and so do their limits of time.
  environments = { for key, job in local.jobs : key => merge(job.env, lookup(var.settings, key, {})) }
  duration     = "^(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?$"
  limits = {
    for key, job in local.jobs : key => try(
      sum([
        for index, count in regex(local.duration, local.environments[key]["MAX_DURATION"]) :
        tonumber(coalesce(count, "0")) * [3600, 60, 1][index]
      ]),
      job.limit_seconds,
    )
  }

  schedules = merge(
    {
      loader  = "0 * * * *"
      verify  = "45 6 * * *"
      tagger  = "20 * * * *"
      judge   = "0 2 * * *"
      collect = "30 */2 * * *"
      push    = "30 6 * * *"
      backup  = "0 1 * * 0"
    },
    var.schedules,
  )
  # Within how many days each job has to start, if not by hand: every day, or on some days of the week.
  crons = { for key in keys(local.jobs) : key => local.schedules[key] if local.schedules[key] != "" && !var.paused }
  starts = {
    for key, cron in local.crons : key => endswith(cron, " * * *") ? 1 : 8 if can(regex(" \\* \\* [^ ]+$", cron))
  }
}

module "job" {
  source   = "./modules/job"
  for_each = local.jobs

  project_id          = var.project_id
  region              = var.region
  name                = each.value.name
  labels              = var.labels
  deletion_protection = var.deletion_protection
  image               = each.value.image
  args                = each.value.args
  env                 = local.environments[each.key]
  secret_env          = { for variable, secret in local.secrets[each.key] : variable => module.secrets.ids[secret] }
  secret_files        = { for path, secret in lookup(var.secret_files, each.key, {}) : path => module.secrets.ids[secret] }
  service_account     = module.identities.emails[local.wants[each.key].account]
  cpu                 = try(var.resources[each.key].cpu, "1")
  memory              = try(var.resources[each.key].memory, "512Mi")
  tasks               = try(var.resources[each.key].tasks, 1)
  timeout             = "${local.limits[each.key] + local.margin_seconds}s"
  max_retries         = each.value.max_retries
  vpc                 = contains(try(var.vpc.jobs, []), each.key) ? var.vpc : null
  schedule            = local.schedules[each.key] == "" ? null : local.schedules[each.key]
  schedule_name       = each.value.schedule_name
  scheduler           = module.identities.emails["scheduler"]
  time_zone           = var.time_zone
  paused              = var.paused

  depends_on = [google_project_service.this]
}
