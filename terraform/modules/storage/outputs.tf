output "bucket" {
  description = "Bucket of interactions."
  value       = google_storage_bucket.interactions.name
}

output "backup_bucket" {
  description = "Bucket of backups; null: none."
  value       = one(google_storage_bucket.backup[*].name)
}
