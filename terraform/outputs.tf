output "bucket" {
  description = "Bucket of interactions, tags and verdicts."
  value       = module.storage.bucket
}

output "backup_bucket" {
  description = "Bucket of backups; null: none."
  value       = module.storage.backup_bucket
}

output "kafka_brokers" {
  description = "host:port,… of the brokers."
  value       = local.kafka_brokers
}

output "image_repository" {
  description = "Where images are pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "jobs" {
  description = "Names of the Cloud Run jobs."
  value       = { for key, job in module.job : key => job.name }
}

output "service_accounts" {
  description = "Addresses of the accounts."
  value       = module.identities.emails
}

output "access" {
  description = "What each account may do, and with what. deploy/RUNBOOK.md says why."
  value = {
    for name, member in module.identities.members : name => sort([
      for grant in concat(
        module.storage.grants, module.secrets.grants, module.identities.grants, flatten(module.kafka[*].grants),
        [for job in module.job : job.grant if job.grant != null],
      ) : "${grant.role} on ${grant.on}" if grant.member == member
    ])
  }
}

output "secrets" {
  description = "IDs of the secrets that need a value (deploy/RUNBOOK.md)."
  value       = module.secrets.ids
}

output "dashboard" {
  description = "ID of the dashboard."
  value       = module.monitoring.dashboard
}
