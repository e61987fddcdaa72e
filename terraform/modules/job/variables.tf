variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Region of the job and its schedule."
  type        = string
}

variable "name" {
  description = "The job's name."
  type        = string
}

variable "labels" {
  description = "Labels of the job."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Refuse to destroy the job."
  type        = bool
}

variable "image" {
  description = "The image, by digest."
  type        = string
}

variable "args" {
  description = "What the program is to do."
  type        = list(string)
}

variable "env" {
  description = "Settings."
  type        = map(string)
}

variable "secret_env" {
  description = "Settings that are secrets: the ID of each one's secret."
  type        = map(string)
  default     = {}
}

variable "secret_files" {
  description = "Files that are secrets, by path, each in a directory of its own: the ID of each one's secret."
  type        = map(string)
  default     = {}
}

variable "service_account" {
  description = "Address of the account that the job runs as."
  type        = string
}

variable "cpu" {
  description = "Processors."
  type        = string
}

variable "memory" {
  description = "Memory, with what the job writes to its file system."
  type        = string
}

variable "tasks" {
  description = "How many work at the same time."
  type        = number
}

variable "timeout" {
  description = "After which a task is killed, in seconds with an s. Longer than the job's own limit."
  type        = string
}

variable "max_retries" {
  description = "How often a task that failed, or was not done, is started again."
  type        = number
}

variable "vpc" {
  description = "Network of the job; null: the internet."
  type = object({
    network    = string
    subnetwork = string
    tags       = list(string)
    all        = bool
  })
  default = null
}

variable "schedule" {
  description = "When it starts, as a cron expression; null: when somebody starts it."
  type        = string
}

variable "schedule_name" {
  description = "Name of the schedule."
  type        = string
}

variable "scheduler" {
  description = "Address of the account that starts it."
  type        = string
}

variable "time_zone" {
  description = "Of the schedule."
  type        = string
}

variable "paused" {
  description = "Make the schedule, but let it not fire."
  type        = bool
}
