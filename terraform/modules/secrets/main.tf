# The secrets are made empty: values are added by hand (deploy/RUNBOOK.md), so that none is ever in a state file.

resource "google_secret_manager_secret" "this" {
  for_each = var.readers

  project   = var.project_id
  secret_id = each.key
  labels    = var.labels
  # A setting that makes a secret superfluous must not destroy its value. If it is needed again: terraform import.
  deletion_policy = var.deletion_protection ? "ABANDON" : "DELETE"

  replication {
    auto {}
  }
}

locals {
  grants = merge([
    for secret, readers in var.readers : {
      for name, member in readers : "${secret}/${name}" => { secret = secret, member = member }
    }
  ]...)
}

resource "google_secret_manager_secret_iam_member" "this" {
  for_each = local.grants

  project   = var.project_id
  secret_id = google_secret_manager_secret.this[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value.member
}
