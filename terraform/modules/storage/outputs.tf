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

output "grants" {
  description = "Who may do what with which bucket."
  value = [
    for grant in concat(values(google_storage_bucket_iam_member.interactions), values(google_storage_bucket_iam_member.backup)) :
    { member = grant.member, role = grant.role, on = grant.bucket }
  ]
}

# For tests.

output "protection" {
  description = "Of each bucket: days for which what was deleted can be brought back, and who is kept out."
  value = {
    for key, bucket in merge(
      { interactions = google_storage_bucket.interactions },
      { for bucket in google_storage_bucket.backup : "backup" => bucket },
      { for bucket in google_storage_bucket.spool : "spool" => bucket },
      ) : key => {
      soft_delete = one(bucket.soft_delete_policy).retention_duration_seconds / 86400
      uniform     = bucket.uniform_bucket_level_access
      public      = bucket.public_access_prevention
    }
  }
}

output "rules" {
  description = "What becomes of which objects of the interactions bucket, and when."
  value = [
    for rule in google_storage_bucket.interactions.lifecycle_rule : {
      action   = one(rule.action).type
      days     = one(rule.condition).age
      prefixes = coalesce(one(rule.condition).matches_prefix, [])
      suffixes = coalesce(one(rule.condition).matches_suffix, [])
    }
  ]
}

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
