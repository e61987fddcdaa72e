# One account for each kind of work, with nothing but what it needs; the table in deploy/RUNBOOK.md says why.

locals {
  accounts = {
    loader      = { id = "loader-sa", name = "Keeps interactions: Kafka to Cloud Storage" }
    tagger      = { id = "tagger-sa", name = "Tags interactions with Claude" }
    batch_judge = { id = "batch-judge-sa", name = "Judges interactions, pushes datasets" }
    backup      = { id = "logs-backup-sa", name = "Backs up the Braintrust logs" }
    scheduler   = { id = "scheduler-sa", name = "Starts the jobs, and may do nothing else" }
  }
  members = { for name, account in google_service_account.this : name => "serviceAccount:${account.email}" }
}

resource "google_service_account" "this" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = each.value.id
  display_name = each.value.name
}

resource "google_project_iam_member" "batch_judge" {
  for_each = toset(["roles/aiplatform.user", "roles/logging.logWriter"])

  project = var.project_id
  role    = each.value
  member  = local.members["batch_judge"]
}
