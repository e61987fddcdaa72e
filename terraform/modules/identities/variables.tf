variable "project_id" {
  description = "The project."
  type        = string
}
