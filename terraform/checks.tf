# What single variables cannot say.

# Where everything was made at first. Other values would destroy it there to make it anew elsewhere, and get as far as the
# first thing that refuses.
resource "terraform_data" "place" {
  input = { project_id = var.project_id, region = var.region, environment = var.environment }

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  # The names of docs/configuration.md, by job; a test holds the two together.
  known = jsondecode(file("${path.module}/settings.json"))
  # Those that libraries read.
  general = [
    "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "TZ",
  ]
  unknown = flatten([
    for settings in [var.settings, var.secret_settings] : [
      for job, values in settings : [for name in keys(values) : "${job}: ${name}" if !contains(concat(local.known[job], local.general), name)]
    ]
  ])
  exposed = flatten([
    for job, settings in var.settings : [
      for name, value in settings : "${job}: ${name}"
      if can(regex("_(KEY|PASSWORD)$", name)) || can(regex("PRIVATE KEY|password=", value))
    ]
  ])
  doubled = flatten([
    for job, env in local.environments : [for name in keys(env) : "${job}: ${name}" if contains(keys(local.secrets[job]), name)]
  ])
  absent = setsubtract(keys(merge(var.settings, var.secret_settings, var.secret_files, var.resources)), keys(local.jobs))
}

resource "terraform_data" "settings" {
  lifecycle {
    precondition {
      condition     = length(local.unknown) == 0
      error_message = "No such settings: ${join(", ", local.unknown)}. docs/configuration.md has their names."
    }
    precondition {
      condition     = length(local.exposed) == 0
      error_message = "These are secrets, which a state file must not have: ${join(", ", local.exposed)}. Use secret_settings."
    }
    precondition {
      condition     = length(local.doubled) == 0
      error_message = "These are secrets already, and cannot be settings, too: ${join(", ", local.doubled)}."
    }
    precondition {
      condition     = length(local.absent) == 0
      error_message = "Settings of jobs that are not made: ${join(", ", local.absent)}. Tagging, push and backup take braintrust_project_id."
    }
    precondition {
      condition     = terraform_data.place.output.environment == var.environment
      error_message = "This state is of ${terraform_data.place.output.environment}, and the settings are of ${var.environment}."
    }
    precondition {
      condition     = !var.deletion_protection || (terraform_data.place.output.project_id == var.project_id && terraform_data.place.output.region == var.region)
      error_message = "This is deployed in ${terraform_data.place.output.project_id}, ${terraform_data.place.output.region}. To move it see \"A region is gone\" in deploy/RECOVERY.md."
    }
    precondition {
      condition     = (var.kafka_brokers == null) != (var.managed_kafka == null)
      error_message = "Give kafka_brokers, or managed_kafka, and not both."
    }
    precondition {
      condition     = var.backup_bucket_name == null || var.braintrust_project_id != ""
      error_message = "A backup bucket without braintrust_project_id: there is nothing to back up."
    }
    precondition {
      condition     = var.backup_bucket_name != var.bucket_name
      error_message = "Backups need a bucket of their own: backup_bucket_name is bucket_name."
    }
    precondition {
      condition     = var.managed_kafka == null || var.kafka_security_protocol == "sasl_ssl"
      error_message = "Managed Service for Apache Kafka wants kafka_security_protocol sasl_ssl."
    }
    precondition {
      condition     = var.managed_kafka == null || contains(["OAUTHBEARER", "PLAIN"], local.sasl_mechanism)
      error_message = "Managed Service for Apache Kafka knows no SCRAM: leave kafka_sasl_mechanism out."
    }
    precondition {
      condition     = var.managed_kafka == null || var.vpc != null
      error_message = "Managed Service for Apache Kafka is in a network only: give the jobs a way into it with vpc."
    }
  }
}
