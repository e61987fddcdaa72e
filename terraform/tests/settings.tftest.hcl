mock_provider "google" {}

variables {
  environment           = "test"
  project_id            = "test-project"
  loader_image          = "europe-west1-docker.pkg.dev/test-project/stream-worker/loader@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  batch_judge_image     = "europe-west1-docker.pkg.dev/test-project/stream-worker/batch-judge@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  bucket_name           = "test-interactions"
  backup_bucket_name    = "test-logs"
  kafka_brokers         = "broker:9092"
  braintrust_project_id = "01234567-89ab-cdef-0123-456789abcdef"
}

# First: who may do what is known when the accounts are there.
run "deployed" {
  command = apply

  # jobs.json is held against what the programs know by Tests/Deploy/test_settings.py.
  assert {
    condition = jsonencode({ for key, job in module.job : key => {
      account  = one([for name, email in module.identities.emails : name if email == job.service_account])
      args     = job.args
      image    = split("@", basename(job.image))[0]
      secrets  = job.secrets
      settings = job.settings
    } }) == jsonencode(jsondecode(file("tests/jobs.json")))
    error_message = "The jobs' programs, accounts, arguments, secrets or settings are not those of tests/jobs.json."
  }

  # access.json is held against the table of deploy/RUNBOOK.md by Tests/Deploy/test_runbook.py.
  assert {
    condition     = jsonencode(output.access) == jsonencode(jsondecode(file("tests/access.json")))
    error_message = "Somebody may do other things than tests/access.json says: ${jsonencode(output.access)}"
  }

  assert {
    condition     = module.secrets.deletion_policies == toset(["ABANDON"])
    error_message = "A setting can destroy a secret."
  }

  assert {
    condition     = alltrue([for job in module.job : job.network == null && job.deletion_protection])
    error_message = "A job is in a network that nobody named, or can be destroyed."
  }

  assert {
    condition = module.storage.protection == {
      for key, days in { interactions = 14, backup = 14, spool = 0 } :
      key => { soft_delete = days, uniform = true, public = "enforced" }
    }
    error_message = "What was deleted cannot be brought back, or a bucket may be opened: ${jsonencode(module.storage.protection)}"
  }
}

run "names_and_schedules" {
  command = plan

  assert {
    condition = output.jobs == {
      loader  = "interaction-loader"
      verify  = "interaction-verify"
      judge   = "llm-judge-trigger"
      collect = "llm-judge-collect"
      tagger  = "interaction-tagger"
      push    = "dataset-push"
      backup  = "braintrust-logs-backup"
    }
    error_message = "The jobs have other names."
  }

  assert {
    condition = { for key, job in module.job : key => "${job.schedule.name}: ${job.schedule.cron} ${job.schedule.zone}" } == {
      loader  = "trigger-loader-hourly: 0 * * * * Etc/UTC"
      verify  = "trigger-verify-daily: 45 6 * * * Etc/UTC"
      judge   = "trigger-judge-daily: 0 2 * * * Etc/UTC"
      collect = "trigger-judge-collect: 30 */2 * * * Etc/UTC"
      tagger  = "trigger-tagger-hourly: 20 * * * * Etc/UTC"
      push    = "trigger-push-daily: 30 6 * * * Etc/UTC"
      backup  = "trigger-backup-weekly: 0 1 * * 0 Etc/UTC"
    }
    error_message = "The jobs start at other times."
  }

  assert {
    condition     = alltrue([for job in module.job : !job.schedule.paused && job.schedule.retries == 3])
    error_message = "A job does not start, or only if Cloud Run answers at once."
  }

  assert {
    condition     = module.job["loader"].limits == tomap({ cpu = "1", memory = "512Mi" })
    error_message = "The loader has other limits than 1 CPU and 512 Mi."
  }

  assert {
    condition     = module.job["loader"].environment["GCS_BUCKET_NAME"] == "test-interactions" && module.job["loader"].environment["KAFKA_BROKERS"] == "broker:9092"
    error_message = "The loader does not know its bucket or its brokers."
  }

  assert {
    condition     = alltrue([for job in module.job : tonumber(trimsuffix(job.timeout, "s")) >= 600 + try(tonumber(trimsuffix(job.environment["MAX_DURATION"], "s")), 0)])
    error_message = "A task is killed before its program stops by itself."
  }

  # A budget is of one run, and a killed run's lease is in the way of the next one for minutes.
  assert {
    condition     = { for key, job in module.job : key => job.max_retries } == { loader = 1, verify = 1, tagger = 0, judge = 0, collect = 0, push = 0, backup = 1 }
    error_message = "A run that spent its budget, or was killed, is started again at once, or one that could go on is not."
  }

  assert {
    condition     = module.job["judge"].environment["MODEL_ID"] == "publishers/google/models/gemini-2.5-flash"
    error_message = "The judge asks another model."
  }

  assert {
    condition     = alltrue([for job in module.job : endswith(job.image, "aaaa") || endswith(job.image, "bbbb")])
    error_message = "A job's image is not the one that was given by digest."
  }
}

# monitoring.json is held against the reports, and its queries are parsed, by Tests/Deploy/test_monitoring.py.
run "alerts_and_charts" {
  command = plan

  assert {
    condition = jsonencode({ filters = module.monitoring.filters, queries = module.monitoring.queries }) == jsonencode(
      jsondecode(file("tests/monitoring.json"))
    )
    error_message = "Filters or queries are not those of tests/monitoring.json, which would be ${jsonencode({ filters = module.monitoring.filters, queries = module.monitoring.queries })}"
  }
}

run "nobody_is_told_of_what_sleeps" {
  command = plan

  variables {
    paused = true
  }

  assert {
    condition     = length(setintersection(keys(module.monitoring.queries), ["unsealed", "not_started", "not_judged"])) == 0
    error_message = "An hour that nobody was to complete is told of, or a job that nothing was to start."
  }

  assert {
    condition     = alltrue([for job in module.job : job.schedule.paused])
    error_message = "A schedule fires that was to sleep."
  }
}

run "what_runs_less_often_is_missed_later" {
  command = plan

  variables {
    schedules = { loader = "0 * * * 1-5", push = "30 6 * * 1-5", tagger = "", backup = "0 1 1 * *", collect = "" }
  }

  assert {
    condition = { for key in keys(output.jobs) : key => try(
      regex("job_name=\"${output.jobs[key]}\"}\\[(\\w+)]", module.monitoring.queries["not_started"])[0], null,
    ) } == { loader = "8d", verify = "1d", judge = "1d", push = "8d", tagger = null, backup = null, collect = null }
    error_message = "Schedules have other times to fire: ${module.monitoring.queries["not_started"]}"
  }

  assert {
    condition     = length(setintersection(keys(module.monitoring.queries), ["unsealed", "not_judged"])) == 0
    error_message = "An hour is missed between two loads, or verdicts that nobody collects."
  }
}

run "backups_can_be_kept_and_their_spool_removed" {
  command = plan

  variables {
    backup_retention_days = 365
  }

  assert {
    condition = module.storage.backup_buckets == {
      test-logs       = { class = "STANDARD", retained = 365, rules = { SetStorageClass = 30 } }
      test-logs-spool = { class = "STANDARD", retained = null, rules = { Delete = 14 } }
    }
    error_message = "Rows on their way lie where they cannot be removed, or for ever: ${jsonencode(module.storage.backup_buckets)}"
  }

  assert {
    condition     = module.job["backup"].environment["BACKUP_SPOOL"] == "test-logs-spool" && module.job["backup"].environment["BACKUP_BUCKET"] == "test-logs"
    error_message = "Backups are not told where their spool is."
  }

  # Each week has to be in two backups, so that one of them may fail.
  assert {
    condition     = tonumber(module.job["backup"].environment["BACKUP_DAYS"]) >= 14
    error_message = "A backup that is missed leaves a hole."
  }
}

run "time_zones_are_of_schedules" {
  command = plan

  variables {
    time_zone = "Asia/Tokyo"
  }

  assert {
    condition     = !anytrue([for job in module.job : contains(job.settings, "JOB_TIME_ZONE")])
    error_message = "Days are those of UTC, as the hours are that have to be sealed."
  }
}

run "tags_of_a_file_need_no_braintrust" {
  command = plan

  variables {
    braintrust_project_id = ""
    backup_bucket_name    = null
    settings              = { tagger = { TAXONOMY = "prompts/tags.example.yml" } }
  }

  assert {
    condition = (
      toset(keys(output.jobs)) == toset(["collect", "judge", "loader", "tagger", "verify"]) &&
      !anytrue([for setting in module.job["tagger"].settings : startswith(setting, "BRAINTRUST")]) &&
      contains(output.access["tagger"], "roles/secretmanager.secretAccessor on anthropic-api-key")
    )
    error_message = "A tagger with tags of its own has Braintrust's key, or none of Claude's, or is not made."
  }
}

run "what_lies_long_goes_and_what_chains_need_stays" {
  command = plan

  variables {
    delete_raw_after_days = 400
  }

  assert {
    condition = jsonencode(module.storage.rules) == jsonencode([
      for rule in [
        ["SetStorageClass", 365, ["raw/", "tagged/", "retagged/", "dead-letter/"], [".jsonl.gz"]],
        ["Delete", 400, ["raw/", "tagged/", "retagged/", "dead-letter/"], [".jsonl.gz"]],
        ["Delete", 30, ["tagged/raw-interactions/_answers/"], []],
        ["Delete", 60, ["judge/"], [".jsonl"]],
        ["Delete", 180, ["_runs/"], []],
        ["AbortIncompleteMultipartUpload", 7, [], []],
      ] : { action = rule[0], days = rule[1], prefixes = rule[2], suffixes = rule[3] }
    ])
    error_message = "Other objects are removed: ${jsonencode(module.storage.rules)}"
  }
}

run "what_is_deployed_is_not_moved" {
  command = plan

  variables {
    region = "europe-west4"
  }

  expect_failures = [terraform_data.settings]
}

run "another_environments_file_is_refused" {
  command = plan

  variables {
    environment         = "other"
    deletion_protection = false
  }

  expect_failures = [terraform_data.settings]
}

run "a_command_without_a_file_is_refused" {
  command = plan

  variables {
    environment = null
  }

  expect_failures = [var.environment]
}

run "what_comes_and_goes_may_be_moved" {
  command = plan

  variables {
    region              = "europe-west4"
    deletion_protection = false
  }

  assert {
    condition     = module.secrets.deletion_policies == toset(["DELETE"])
    error_message = "Secrets of what comes and goes stay."
  }
}

run "without_braintrust_there_is_no_tagging" {
  command = plan

  variables {
    braintrust_project_id = ""
    backup_bucket_name    = null
  }

  assert {
    condition     = toset(keys(output.jobs)) == toset(["collect", "judge", "loader", "verify"])
    error_message = "Jobs that need Braintrust are made without it."
  }
}

run "managed_kafka_is_the_broker" {
  command = plan

  variables {
    kafka_brokers = null
    managed_kafka = { subnet = "projects/test-project/regions/europe-west1/subnetworks/default" }
    vpc           = { network = "default", subnetwork = "default" }
  }

  assert {
    condition     = output.kafka_brokers == "bootstrap.interactions.europe-west1.managedkafka.test-project.cloud.goog:9092"
    error_message = "The brokers are not those of the cluster."
  }

  assert {
    condition     = module.kafka[0].deletion_policies == toset(["PREVENT"])
    error_message = "Another topic's name or region destroys what is not loaded yet."
  }

  assert {
    condition     = module.job["loader"].environment["KAFKA_SASL_MECHANISM"] == "OAUTHBEARER" && module.job["loader"].environment["KAFKA_SECURITY_PROTOCOL"] == "sasl_ssl"
    error_message = "The loader does not log in as its account."
  }

  assert {
    condition     = !anytrue([for setting in module.job["loader"].settings : endswith(setting, "_USERNAME") || endswith(setting, "_PASSWORD")]) && !anytrue([for grant in output.access["loader"] : startswith(grant, "roles/secretmanager")])
    error_message = "There are secrets for a login that needs none."
  }

  assert {
    condition     = [for name, grants in output.access : name if contains(grants, "roles/managedkafka.client on test-project")] == ["loader"]
    error_message = "Somebody else than the loader may connect."
  }

  assert {
    condition     = { for key, job in module.job : key => job.network if job.network != null } == { loader = "default: PRIVATE_RANGES_ONLY" }
    error_message = "The loader does not reach the cluster's network, or others are in it."
  }
}

run "managed_kafka_takes_keys_too" {
  command = plan

  variables {
    kafka_brokers        = null
    kafka_sasl_mechanism = "PLAIN"
    managed_kafka        = { subnet = "projects/test-project/regions/europe-west1/subnetworks/default" }
    vpc                  = { network = "default", subnetwork = "default", all = true, jobs = ["loader", "push"] }
  }

  assert {
    condition = { for key, job in module.job : key => job.network if job.network != null } == {
      loader = "default: ALL_TRAFFIC"
      push   = "default: ALL_TRAFFIC"
    }
    error_message = "What was to leave through the network does not, or more."
  }

  assert {
    condition     = contains(output.access["loader"], "roles/secretmanager.secretAccessor on kafka-password")
    error_message = "The loader lacks its password."
  }
}

run "managed_kafka_knows_no_scram" {
  command = plan

  variables {
    kafka_brokers        = null
    kafka_sasl_mechanism = "SCRAM-SHA-512"
    managed_kafka        = { subnet = "projects/test-project/regions/europe-west1/subnetworks/default" }
    vpc                  = { network = "default", subnetwork = "default" }
  }

  expect_failures = [terraform_data.settings]
}

run "a_tag_is_no_digest" {
  command = plan

  variables {
    loader_image = "europe-west1-docker.pkg.dev/test-project/stream-worker/loader:latest"
  }

  expect_failures = [var.loader_image]
}

run "own_settings_win" {
  command = plan

  variables {
    settings = { loader = { MAX_DURATION = "1h30m", TOPIC_EPOCH = "1" } }
  }

  assert {
    condition = (
      module.job["loader"].environment["MAX_DURATION"] == "1h30m" &&
      module.job["loader"].timeout == "6000s" &&
      module.job["loader"].environment["TOPIC_EPOCH"] == "1" &&
      !contains(keys(module.job["judge"].environment), "TOPIC_EPOCH")
    )
    error_message = "A job has not the settings that were given for it."
  }
}

run "files_and_resources_of_a_job" {
  command = plan

  variables {
    secret_files = {
      loader = { "/etc/kafka/ca.pem" = "kafka-ca", "/etc/more/own.pem" = "own-ca" }
      judge  = { "/etc/own/prompt.yml" = "own-prompt" }
      push   = { "/etc/own/prompt.yml" = "own-prompt" }
    }
    secret_settings = { loader = { KAFKA_OPTIONS = "own-options" } }
    resources       = { loader = { memory = "1Gi", tasks = 4 } }
  }

  assert {
    condition     = module.job["loader"].tasks == 4 && module.job["judge"].tasks == 1 && strcontains(module.monitoring.queries["lag"], "4 * sum(")
    error_message = "A job has other tasks than it was given."
  }

  assert {
    condition     = tomap(module.job["loader"].secrets) == tomap({ KAFKA_OPTIONS = "own-options", KAFKA_SASL_PASSWORD = "kafka-password", KAFKA_SASL_USERNAME = "kafka-username" })
    error_message = "The loader has other secrets than it was given: ${jsonencode(module.job["loader"].secrets)}"
  }

  assert {
    condition = merge(values(module.job["loader"].files)...) == {
      "/etc/kafka/ca.pem" = "kafka-ca"
      "/etc/more/own.pem" = "own-ca"
    } && length(module.job["tagger"].files) == 0
    error_message = "The loader's files are others: ${jsonencode(module.job["loader"].files)}"
  }

  assert {
    condition = {
      for name, grants in output.access : name => [for grant in grants : split(" on ", grant)[1] if can(regex("-ca$|^.* on own-", grant))]
      } == {
      loader = ["kafka-ca", "own-ca", "own-options"], batch_judge = ["own-prompt"], tagger = [], backup = [], scheduler = []
    }
    error_message = "Somebody may read a file that is none of theirs, or lacks one: ${jsonencode(output.access)}"
  }

  assert {
    condition     = module.job["loader"].limits == tomap({ cpu = "1", memory = "1Gi" }) && module.job["judge"].limits == tomap({ cpu = "1", memory = "512Mi" })
    error_message = "A job has other processors or memory than it was given."
  }
}

run "a_file_does_not_hide_others" {
  command = plan

  variables {
    secret_files = { loader = { "/etc/kafka/ca.pem" = "kafka-ca", "/etc/kafka/more/ca.pem" = "own-ca" } }
    resources    = { loader = { cpu = "8" } }
  }

  expect_failures = [var.secret_files, var.resources]
}

run "files_are_not_in_the_systems_places" {
  command = plan

  variables {
    secret_files = { loader = { "/etc/ca.pem" = "kafka-ca" } }
    resources    = { loader = { memory = "128Mi" } }
  }

  expect_failures = [var.secret_files, var.resources]
}

run "files_are_where_they_can_be" {
  command = plan

  variables {
    secret_files = {
      loader = { "/app/ca.pem" = "kafka-ca" }
      judge  = { "/etc/own/prompt.yml" = "own-prompt", "/etc/own/prices.json" = "own-prices" }
    }
    secret_settings = { load = {} }
    resources       = { loader = { memory = "much" }, judge = { tasks = 2 } }
  }

  expect_failures = [var.secret_files, var.secret_settings, var.resources]
}

run "unknown_settings_are_told" {
  command = plan

  variables {
    settings = { loader = { GZIP_LEVELL = "1" } }
  }

  expect_failures = [terraform_data.settings]
}

run "unknown_secret_settings_are_told" {
  command = plan

  variables {
    secret_settings = { judge = { MODEL = "own-model" } }
  }

  expect_failures = [terraform_data.settings]
}

run "secrets_are_no_settings" {
  command = plan

  variables {
    kafka_security_protocol = "plaintext"
    kafka_sasl_mechanism    = null
    settings                = { loader = { KAFKA_SASL_PASSWORD = "password" } }
  }

  expect_failures = [terraform_data.settings]
}

run "keys_are_no_settings" {
  command = plan

  variables {
    settings = { loader = { KAFKA_OPTIONS = "ssl.key.pem=-----BEGIN PRIVATE KEY-----" } }
  }

  expect_failures = [terraform_data.settings]
}

run "a_setting_is_a_secret_or_not" {
  command = plan

  variables {
    settings = { loader = { KAFKA_SASL_USERNAME = "me" } }
  }

  expect_failures = [terraform_data.settings]
}

run "settings_are_of_jobs_that_are_made" {
  command = plan

  variables {
    braintrust_project_id = ""
    backup_bucket_name    = null
    settings              = { push = { KAFKA_TOPIC = "other" } }
  }

  expect_failures = [terraform_data.settings]
}

run "what_libraries_read_is_known_too" {
  command = plan

  variables {
    settings = { loader = { HTTPS_PROXY = "http://proxy:3128" } }
  }

  assert {
    condition     = module.job["loader"].environment["HTTPS_PROXY"] == "http://proxy:3128"
    error_message = "A proxy is not told to the job."
  }
}

run "a_job_without_a_schedule_is_made" {
  command = plan

  variables {
    schedules = { backup = "", push = "0 2 * * *" }
  }

  assert {
    condition     = module.job["push"].schedule.cron == "0 2 * * *" && module.job["loader"].schedule.cron == "0 * * * *" && module.job["backup"].schedule == null
    error_message = "A schedule that was given changes others, or none."
  }
}

run "wrong_values_are_refused" {
  command = plan

  variables {
    project_id            = "My project"
    region                = "europe"
    batch_judge_image     = "batch-judge:1"
    bucket_name           = "Interactions"
    backup_bucket_name    = "Logs"
    soft_delete_days      = 3
    archive_after_days    = -1
    delete_raw_after_days = 39
    backup_retention_days = -1
    kafka_brokers         = "broker"
    kafka_topic           = "raw interactions"
    kafka_consumer_group  = ""
    kafka_sasl_mechanism  = "GSSAPI"
    braintrust_project_id = "my project"
    tag_max_cost_usd      = 0
    judge_max_cost_usd    = 0
    judge_sample          = 0
    model_location        = "Europe"
    bucket_location       = "Europe"
    labels                = { Team = "a" }
    time_zone             = "Vienna"
    vpc                   = { network = "default", subnetwork = "default", jobs = ["load"] }
    settings              = { load = { GZIP_LEVEL = "1" } }
    schedules             = { loader = "hourly", loder = "0 * * * *" }
    alert_emails          = ["on-call"]
    alert_limits          = { unsealed_hours = 0, judge_coverage = 95, daily_cost = 5 }
    managed_kafka         = { subnet = "default", vcpu_count = 3, memory_bytes = 1 }
  }

  expect_failures = [
    var.project_id, var.region, var.batch_judge_image, var.bucket_name, var.backup_bucket_name, var.soft_delete_days,
    var.archive_after_days, var.delete_raw_after_days, var.backup_retention_days, var.kafka_brokers, var.kafka_topic,
    var.kafka_consumer_group, var.kafka_sasl_mechanism, var.braintrust_project_id, var.tag_max_cost_usd,
    var.judge_max_cost_usd, var.judge_sample, var.model_location, var.bucket_location, var.labels, var.time_zone, var.vpc, var.settings, var.schedules, var.alert_emails, var.alert_limits,
    var.managed_kafka,
  ]
}

run "a_cluster_is_reached_through_a_network" {
  command = plan

  variables {
    kafka_brokers = null
    managed_kafka = { subnet = "projects/test-project/regions/europe-west1/subnetworks/default" }
  }

  expect_failures = [terraform_data.settings]
}

run "brokers_or_a_cluster" {
  command = plan

  variables {
    kafka_brokers = null
  }

  expect_failures = [terraform_data.settings]
}

run "backups_have_a_bucket_of_their_own" {
  command = plan

  variables {
    backup_bucket_name = "test-interactions"
  }

  expect_failures = [terraform_data.settings]
}

run "limits_of_time_are_understood" {
  command = plan

  variables {
    settings = { loader = { MAX_DURATION = "500ms" } }
  }

  expect_failures = [var.settings]
}
