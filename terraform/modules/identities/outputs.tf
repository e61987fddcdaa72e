output "emails" {
  description = "Addresses of the accounts: loader, tagger, batch_judge, backup, scheduler."
  value       = { for name, account in google_service_account.this : name => account.email }
}

output "members" {
  description = "The same as members of IAM policies."
  value       = { for name, account in google_service_account.this : name => account.member }
}

output "project_roles" {
  description = "Roles in the whole project, by account."
  value       = { batch_judge = toset(keys(google_project_iam_member.batch_judge)) }
}
