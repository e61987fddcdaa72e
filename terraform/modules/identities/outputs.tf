output "emails" {
  description = "Addresses of the accounts: loader, tagger, batch_judge, backup, scheduler."
  value       = { for name, account in google_service_account.this : name => account.email }
}

output "members" {
  description = "The same as members of IAM policies."
  value       = local.members
}

output "grants" {
  description = "Who has which role in the whole project."
  value       = [for grant in google_project_iam_member.batch_judge : { member = grant.member, role = grant.role, on = grant.project }]
}
