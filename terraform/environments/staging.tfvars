# Over terraform.tfvars: terraform apply -var-file environments/staging.tfvars
environment         = "staging"
deletion_protection = false
soft_delete_days    = 7
judge_sample        = 0.05
tag_max_cost_usd    = 0.5
# 2 * 0.003 * 0.05 * interactions of a day: enough for 66,000 a day.
judge_max_cost_usd = 20
alert_limits = {
  daily_cost_usd = 5
}
