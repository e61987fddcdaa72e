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

variable "tasks" {
  description = "How many tasks of the loader share the topic: each reports of its own partitions."
  type        = number
}

variable "is_hourly" {
  description = "Whether the loader runs in every hour by itself: only then an hour that is not completed is news."
  type        = bool
}

variable "starts" {
  description = "Within how many days each job has to be started by its schedule, by the keys of jobs."
  type        = map(number)
}
