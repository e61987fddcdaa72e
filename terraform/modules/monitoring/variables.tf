variable "project_id" {
  description = "The project."
  type        = string
}

variable "emails" {
  description = "Who is told."
  type        = list(string)
}

variable "limits" {
  description = "When to tell; see alert_limits of the root."
  type = object({
    lag               = number
    dead_letters      = number
    judge_coverage    = number
    daily_cost_usd    = number
    unsealed_hours    = number
    failed_executions = number
  })
}

variable "jobs" {
  description = "Names of the Cloud Run jobs."
  type        = map(string)
}

variable "has_schedule" {
  description = "Whether the loader runs by itself: only then an hour that is not completed is news."
  type        = bool
}
