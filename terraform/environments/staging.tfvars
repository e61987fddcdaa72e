# Over terraform.tfvars: terraform apply -var-file environments/staging.tfvars
deletion_protection = false
soft_delete_days    = 7
judge_sample        = 0.05
tag_max_cost_usd    = 0.5
judge_max_cost_usd  = 1
alert_limits = {
  daily_cost_usd = 5
}
