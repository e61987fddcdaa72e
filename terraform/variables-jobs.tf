# How the jobs run.

variable "settings" {
  description = "More settings of jobs, by job and by the variable's name in docs/configuration.md: { loader = { GZIP_LEVEL = \"1\" } }. They win over the others. No secrets."
  type        = map(map(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.settings), ["loader", "verify", "tagger", "judge", "collect", "push", "backup"])) == 0
    error_message = "Jobs are loader, verify, tagger, judge, collect, push and backup."
  }
  validation {
    condition     = alltrue([for env in values(var.settings) : lookup(env, "MAX_DURATION", null) != "" && can(regex("^([0-9]+h)?([0-9]+m)?([0-9]+s)?$", lookup(env, "MAX_DURATION", "1s")))])
    error_message = "MAX_DURATION, after which Cloud Run's own limit follows, is in hours, minutes and seconds, such as 1h30m."
  }
}

variable "secret_files" {
  description = "Files of jobs out of Secret Manager, by job and by path: { loader = { \"/etc/kafka/ca.pem\" = \"kafka-ca\" } }. The secrets are made, and the job may read them; their values are added as those of the others."
  type        = map(map(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.secret_files), ["loader", "verify", "tagger", "judge", "collect", "push", "backup"])) == 0
    error_message = "Jobs are loader, verify, tagger, judge, collect, push and backup."
  }
  validation {
    condition     = alltrue([for files in values(var.secret_files) : alltrue([for path in keys(files) : can(regex("^(/[A-Za-z0-9._-]+){3,}$", path)) && !can(regex("^/(app|proc|sys|dev)/", path))])])
    error_message = "A path is such as /etc/kafka/ca.pem, whose directory is there for it only: not /etc, and none of /app, /proc, /sys and /dev."
  }
  validation {
    condition     = alltrue([for files in values(var.secret_files) : alltrue([for path in keys(files) : length([for other in keys(files) : other if startswith(other, "${dirname(path)}/")]) == 1])])
    error_message = "Each file of a job needs a directory of its own, with no other one in it: Cloud Run puts one secret there."
  }
  validation {
    condition     = alltrue([for files in values(var.secret_files) : alltrue([for secret in values(files) : can(regex("^[A-Za-z0-9_-]{1,255}$", secret))])])
    error_message = "A secret's name has letters, digits, hyphens and underscores."
  }
}

variable "secret_settings" {
  description = "Settings of jobs that are secrets, by job and by the variable's name: { loader = { KAFKA_OPTIONS = \"kafka-options\" } }. The secrets are made like those of secret_files."
  type        = map(map(string))
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.secret_settings), ["loader", "verify", "tagger", "judge", "collect", "push", "backup"])) == 0
    error_message = "Jobs are loader, verify, tagger, judge, collect, push and backup."
  }
  validation {
    condition     = alltrue([for settings in values(var.secret_settings) : alltrue([for secret in values(settings) : can(regex("^[A-Za-z0-9_-]{1,255}$", secret))])])
    error_message = "A secret's name has letters, digits, hyphens and underscores."
  }
}

variable "resources" {
  description = "Processors, memory and tasks of jobs, by job: { loader = { memory = \"1Gi\" } }. More of them is faster for backlogs only: the programs keep to 512 MiB. The loader's tasks share the partitions: at most one for each."
  type = map(object({
    cpu    = optional(string, "1")
    memory = optional(string, "512Mi")
    tasks  = optional(number, 1)
  }))
  default = {}

  validation {
    condition     = length(setsubtract(keys(var.resources), ["loader", "verify", "tagger", "judge", "collect", "push", "backup"])) == 0
    error_message = "Jobs are loader, verify, tagger, judge, collect, push and backup."
  }
  validation {
    condition     = alltrue([for resources in values(var.resources) : contains(["1", "2", "4", "8"], resources.cpu) && can(regex("^[0-9]+(Mi|Gi)$", resources.memory))])
    error_message = "cpu is 1, 2, 4 or 8, and memory such as 512Mi or 2Gi."
  }
  # https://cloud.google.com/run/docs/configuring/jobs/memory-limits
  validation {
    condition = alltrue([
      for resources in values(var.resources) : try(alltrue([
        for mib in [tonumber(regex("^[0-9]+", resources.memory)) * (endswith(resources.memory, "Gi") ? 1024 : 1)] :
        mib >= { 1 = 512, 2 = 512, 4 = 2048, 8 = 4096 }[resources.cpu] && mib <= { 1 = 4096, 2 = 8192, 4 = 16384, 8 = 32768 }[resources.cpu]
      ]), true)
    ])
    error_message = "Memory is 512Mi to 4Gi with one processor, to 8Gi with 2, 2Gi to 16Gi with 4, and 4Gi to 32Gi with 8."
  }
  validation {
    condition     = alltrue([for job, resources in var.resources : resources.tasks == 1 || (job == "loader" && resources.tasks > 1 && resources.tasks <= 100 && floor(resources.tasks) == resources.tasks)])
    error_message = "The loader has 1 to 100 tasks, every other job has one."
  }
}

variable "schedules" {
  description = "When jobs run, as cron expressions in time_zone; jobs.tf has those that are not given. \"\": a job is made but not scheduled. The collector keeps the judge from days that it looks at: let them not start together."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.schedules), ["loader", "verify", "tagger", "judge", "collect", "push", "backup"])) == 0
    error_message = "Jobs are loader, verify, tagger, judge, collect, push and backup."
  }
  validation {
    condition     = alltrue([for cron in values(var.schedules) : cron == "" || can(regex("^([^ ]+ ){4}[^ ]+$", cron))])
    error_message = "A cron expression has five fields: minute, hour, day, month, weekday. Or \"\" for none."
  }
}

variable "paused" {
  description = "Make the schedules but let none of them fire."
  type        = bool
  default     = false
}

variable "time_zone" {
  description = "Time zone of the schedules, and of nothing else: days are of UTC. The judge has to start later than 01:30 UTC, when yesterday's last hour is sealed."
  type        = string
  default     = "Etc/UTC"

  validation {
    condition     = can(regex("^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z_+0-9-]*)+)$", var.time_zone))
    error_message = "A time zone is such as Europe/Vienna."
  }
}
