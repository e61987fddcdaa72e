output "bucket" {
  description = "Bucket of interactions."
  value       = google_storage_bucket.interactions.name
}

output "backup_bucket" {
  description = "Bucket of backups; null: none."
  value       = one(google_storage_bucket.backup[*].name)
}

output "spool_bucket" {
  description = "Bucket of rows on their way into a backup; null: none."
  value       = one(google_storage_bucket.spool[*].name)
}

# For tests.

output "backup_buckets" {
  description = "Days of retention, class, and days until deletion and another class, of the backups' buckets."
  value = {
    for bucket in concat(google_storage_bucket.backup, google_storage_bucket.spool) : bucket.name => {
      class    = bucket.storage_class
      retained = one([for policy in bucket.retention_policy : policy.retention_period / 86400])
      rules = {
        for rule in bucket.lifecycle_rule : one(rule.action).type => one(rule.condition).age
        if one(rule.action).type != "AbortIncompleteMultipartUpload"
      }
    }
  }
}
