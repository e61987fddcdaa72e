locals {
  has_braintrust = var.braintrust_project_id != ""
  has_backup     = local.has_braintrust && var.backup_bucket_name != null
  # Tags are those of Braintrust, or of a file.
  has_tags       = local.has_braintrust || can(var.settings["tagger"]["TAXONOMY"])
  kafka_brokers  = var.managed_kafka == null ? var.kafka_brokers : module.kafka[0].brokers
  has_sasl       = startswith(var.kafka_security_protocol, "sasl_")
  sasl_mechanism = coalesce(var.kafka_sasl_mechanism, var.managed_kafka == null ? "PLAIN" : "OAUTHBEARER")
  # Google's brokers know the loader by its account.
  has_kafka_password = local.has_sasl && local.sasl_mechanism != "OAUTHBEARER"
  alert_limits = merge(
    {
      lag               = 1000000
      dead_letters      = 100
      judge_coverage    = 0.95
      daily_cost_usd    = 50
      unsealed_hours    = 2
      failed_executions = 2
    },
    var.alert_limits,
  )
  # The program writes what it has before the task is killed.
  margin_seconds = 600
}

resource "google_project_service" "this" {
  for_each = toset(concat(
    [
      "aiplatform", "artifactregistry", "cloudbuild", "cloudresourcemanager", "cloudscheduler", "iam", "logging",
      "monitoring", "run", "secretmanager", "serviceusage", "storage",
    ],
    var.managed_kafka == null ? [] : ["managedkafka"],
  ))

  project            = var.project_id
  service            = "${each.value}.googleapis.com"
  disable_on_destroy = false
}

module "identities" {
  source = "./modules/identities"

  project_id = var.project_id
  depends_on = [google_project_service.this]
}

module "storage" {
  source = "./modules/storage"

  project_id            = var.project_id
  name                  = var.bucket_name
  backup_name           = var.backup_bucket_name
  location              = var.bucket_location
  labels                = var.labels
  deletion_protection   = var.deletion_protection
  soft_delete_days      = var.soft_delete_days
  archive_after_days    = var.archive_after_days
  delete_raw_after_days = var.delete_raw_after_days
  backup_retention_days = var.backup_retention_days
  topic                 = var.kafka_topic
  members               = { for name in ["loader", "tagger", "batch_judge"] : name => module.identities.members[name] }
  backup_member         = module.identities.members["backup"]
  depends_on            = [google_project_service.this]
}

resource "google_artifact_registry_repository" "images" {
  # checkov:skip=CKV_GCP_84: images hold no secrets and no data; Google encrypts them with its own keys
  project       = var.project_id
  location      = var.region
  repository_id = "stream-worker"
  description   = "Images of the loader and the batch judge"
  format        = "DOCKER"
  labels        = var.labels

  # Jobs name images by digest, today's and those that one may have to go back to: what has a tag stays.
  cleanup_policies {
    id     = "delete-untagged"
    action = "DELETE"
    condition {
      tag_state  = "UNTAGGED"
      older_than = "7776000s"
    }
  }

  depends_on = [google_project_service.this]
}

module "secrets" {
  source = "./modules/secrets"

  project_id          = var.project_id
  labels              = var.labels
  deletion_protection = var.deletion_protection
  readers = {
    for secret in distinct(local.reads[*].secret) : secret => {
      for read in local.reads : read.account => module.identities.members[read.account] if read.secret == secret
    }
  }
  depends_on = [google_project_service.this]
}

module "kafka" {
  source = "./modules/kafka"
  count  = var.managed_kafka == null ? 0 : 1

  deletion_protection = var.deletion_protection

  project_id   = var.project_id
  region       = var.region
  cluster_id   = "interactions"
  labels       = var.labels
  subnet       = var.managed_kafka.subnet
  vcpu_count   = var.managed_kafka.vcpu_count
  memory_bytes = var.managed_kafka.memory_bytes
  topic        = var.kafka_topic
  partitions   = var.managed_kafka.partitions
  retention_ms = var.managed_kafka.retention_ms
  clients      = { loader = module.identities.members["loader"] }
  depends_on   = [google_project_service.this]
}

module "monitoring" {
  source = "./modules/monitoring"

  project_id = var.project_id
  emails     = var.alert_emails
  limits     = local.alert_limits
  jobs       = { for key, job in module.job : key => job.name }
  starts     = local.starts
  tasks      = try(var.resources["loader"].tasks, 1)
  is_hourly  = can(regex("^[^ ]+ \\* \\* \\* \\*$", lookup(local.crons, "loader", "")))
  depends_on = [google_project_service.this]
}
