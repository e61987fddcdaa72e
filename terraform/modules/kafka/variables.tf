variable "project_id" {
  description = "The project."
  type        = string
}

variable "region" {
  description = "Region of the cluster."
  type        = string
}

variable "cluster_id" {
  description = "Name of the cluster."
  type        = string
}

variable "labels" {
  description = "Labels of the cluster."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Refuse to destroy the cluster, or the topic."
  type        = bool
}

variable "subnet" {
  description = "projects/P/regions/R/subnetworks/S, where brokers get their addresses."
  type        = string
}

variable "vcpu_count" {
  description = "Processors of all brokers together; at least 3."
  type        = number
}

variable "memory_bytes" {
  description = "Memory of all brokers together; 1 to 8 GiB for each processor."
  type        = number
}

variable "topic" {
  description = "The topic of interactions."
  type        = string
}

variable "partitions" {
  description = "Its partitions."
  type        = number
}

variable "retention_ms" {
  description = "How long it keeps records. The loader may stand still for as long without a loss."
  type        = number
}

variable "clients" {
  description = "Who may connect, by a name that is known beforehand."
  type        = map(string)
}
