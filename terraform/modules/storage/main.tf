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

  # Answers count for a week when the same content comes again (ANSWER_AGE).
  lifecycle_rule {
    action { type = "Delete" }
    condition {
      age            = 30
      matches_prefix = ["tagged/${var.topic}/_answers/"]
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
  storage_class               = "STANDARD"
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  soft_delete_policy {
    retention_duration_seconds = var.soft_delete_days * 86400
  }

  # Nothing is removed here: what a backup needs on its way lies in the spool.
  dynamic "retention_policy" {
    for_each = var.backup_retention_days > 0 ? [var.backup_retention_days] : []
    content {
      retention_period = retention_policy.value * 86400
    }
  }

  # Not from the start: a backup is read back at once, and one that is made anew replaces it.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age            = 30
      matches_suffix = [".csv", ".csv.gz", ".jsonl", ".jsonl.gz"]
    }
  }

  lifecycle_rule {
    action { type = "AbortIncompleteMultipartUpload" }
    condition { age = 7 }
  }
}

# Rows on their way into a backup. A run that was stopped goes on from here; after two weeks its backup is not made any more.
resource "google_storage_bucket" "spool" {
  # checkov:skip=CKV_GCP_62: Cloud Audit Logs say who read what; access logs to a second bucket are the older way
  # checkov:skip=CKV_GCP_78: all of it is asked for again if it is gone
  count = var.backup_name == null ? 0 : 1

  project                     = var.project_id
  name                        = "${var.backup_name}-spool"
  location                    = var.location
  storage_class               = "STANDARD"
  labels                      = var.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action { type = "Delete" }
    condition { age = 14 }
  }

  lifecycle_rule {
    action { type = "AbortIncompleteMultipartUpload" }
    condition { age = 7 }
  }
}

resource "google_storage_bucket_iam_member" "backup" {
  for_each = var.backup_name == null ? {} : {
    backup = google_storage_bucket.backup[0].name
    spool  = google_storage_bucket.spool[0].name
  }

  bucket = each.value
  role   = "roles/storage.objectUser"
  member = var.backup_member
}
