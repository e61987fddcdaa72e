variable "project_id" {
  description = "The project."
  type        = string
}

variable "name" {
  description = "Bucket of interactions, tags and verdicts."
  type        = string
}

variable "backup_name" {
  description = "Bucket of backups; null: none. Their spool is a bucket with -spool behind this name."
  type        = string
}

variable "location" {
  description = "Location of all."
  type        = string
}

variable "labels" {
  description = "Labels of all."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Refuse to destroy a bucket that holds objects."
  type        = bool
}

variable "soft_delete_days" {
  description = "Days for which deleted and overwritten objects can be brought back."
  type        = number
}

variable "archive_after_days" {
  description = "Age at which files move to the Archive class; 0: never."
  type        = number
}

variable "delete_raw_after_days" {
  description = "Age at which files are deleted; 0: never."
  type        = number
}

variable "backup_retention_days" {
  description = "Days for which a backup cannot be deleted; 0: no such policy."
  type        = number
}

variable "topic" {
  description = "The topic of interactions."
  type        = string
}

variable "members" {
  description = "Who reads and writes interactions, by a name that is known beforehand."
  type        = map(string)
}

variable "backup_member" {
  description = "Who writes backups."
  type        = string
}
