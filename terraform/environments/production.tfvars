# Over terraform.tfvars: terraform apply -var-file environments/production.tfvars
environment           = "production"
deletion_protection   = true
soft_delete_days      = 30
backup_retention_days = 365
