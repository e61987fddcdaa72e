resource "google_storage_bucket" "interactions" {
  # checkov:skip=CKV_GCP_62: Cloud Audit Logs say who read what; access logs to a second bucket are the older way
  # checkov:skip=CKV_GCP_78: soft delete brings back what was overwritten, without a second price for each progress object
  project                     = var.project_id
  name                        = var.name
  location                    = var.location
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  # Brings back what was deleted or overwritten by mistake. A retention policy would refuse to overwrite progress and
  # manifests, and so stop the loader; object versions would double what soft delete does.
  soft_delete_policy {
    retention_duration_seconds = var.soft_delete_days * 86400
  }

  dynamic "lifecycle_rule" {
    for_each = var.archive_after_days > 0 ? [var.archive_after_days] : []
    content {
      action {
        type          = "SetStorageClass"
        storage_class = "ARCHIVE"
      }
      condition {
        age            = lifecycle_rule.value
        matches_suffix = [".jsonl.gz"]
        matches_prefix = local.data
      }
    }
  }

  # Only files: a plan, an origin or a progress object that is deleted breaks a chain.
  dynamic "lifecycle_rule" {
    for_each = var.delete_raw_after_days > 0 ? [var.delete_raw_after_days] : []
    content {
      action { type = "Delete" }
      condition {
        age            = lifecycle_rule.value
        matches_suffix = [".jsonl.gz"]
        matches_prefix = local.data
      }
    }
  }

  # What the judge sent to the model, and what came back: the verdicts are kept elsewhere.
  lifecycle_rule {
    action { type = "Delete" }
    condition {
      age            = 60
      matches_suffix = [".jsonl"]
      matches_prefix = ["judge/"]
    }
  }

  lifecycle_rule {
    action { type = "Delete" }
    condition {
      age            = 180
      matches_prefix = ["_runs/"]
    }
  }

  lifecycle_rule {
    action { type = "AbortIncompleteMultipartUpload" }
    condition { age = 7 }
  }
}

locals {
  data = ["raw/", "tagged/", "retagged/", "dead-letter/"]
}

resource "google_storage_bucket_iam_member" "interactions" {
  for_each = var.members

  bucket = google_storage_bucket.interactions.name
  role   = "roles/storage.objectUser"
  member = each.value
}

resource "google_storage_bucket" "backup" {
  # checkov:skip=CKV_GCP_62: Cloud Audit Logs say who read what; access logs to a second bucket are the older way
  # checkov:skip=CKV_GCP_78: soft delete brings back what was overwritten, without a second price for each progress object
  count = var.backup_name == null ? 0 : 1

  project                     = var.project_id
  name                        = var.backup_name
  location                    = var.location
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  storage_class               = "NEARLINE"

  soft_delete_policy {
    retention_duration_seconds = var.soft_delete_days * 86400
  }

  # Backups are written once, so here nobody is in the way of a lock.
  dynamic "retention_policy" {
    for_each = var.backup_retention_days > 0 ? [var.backup_retention_days] : []
    content {
      retention_period = retention_policy.value * 86400
    }
  }

  lifecycle_rule {
    action { type = "AbortIncompleteMultipartUpload" }
    condition { age = 7 }
  }
}

resource "google_storage_bucket_iam_member" "backup" {
  count = var.backup_name == null ? 0 : 1

  bucket = google_storage_bucket.backup[0].name
  role   = "roles/storage.objectUser"
  member = var.backup_member
}
