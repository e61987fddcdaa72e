variable "project_id" {
  description = "The project."
  type        = string
}

variable "labels" {
  description = "Labels of the secrets."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Leave a secret that is not needed any more where it is."
  type        = bool
}

variable "readers" {
  description = "For each secret, who may read it, by a name that is known beforehand."
  type        = map(map(string))
}
