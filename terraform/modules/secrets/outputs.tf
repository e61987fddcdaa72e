output "ids" {
  description = "IDs of the secrets, by name. Known once the accounts may read them."
  value       = { for name, secret in google_secret_manager_secret.this : name => secret.secret_id }
  depends_on  = [google_secret_manager_secret_iam_member.this]
}

output "deletion_policies" {
  description = "What becomes of secrets that are not needed any more."
  value       = toset([for secret in google_secret_manager_secret.this : secret.deletion_policy])
}

output "grants" {
  description = "Who may read what."
  value       = [for grant in google_secret_manager_secret_iam_member.this : { member = grant.member, role = grant.role, on = grant.secret_id }]
}
