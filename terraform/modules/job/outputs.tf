output "name" {
  description = "The job's name."
  value       = google_cloud_run_v2_job.this.name
}

output "image" {
  description = "The image that it runs."
  value       = google_cloud_run_v2_job.this.template[0].template[0].containers[0].image
}

output "args" {
  description = "What the program is to do."
  value       = google_cloud_run_v2_job.this.template[0].template[0].containers[0].args
}

output "limits" {
  description = "Processors and memory."
  value       = google_cloud_run_v2_job.this.template[0].template[0].containers[0].resources[0].limits
}

output "environment" {
  description = "Settings that are no secrets."
  value       = var.env
}

output "settings" {
  description = "Names of all settings, secret or not, in order."
  value       = sort(concat(keys(var.env), keys(var.secret_env)))
}

output "files" {
  description = "Files out of secrets: path and secret."
  value = {
    for mount in google_cloud_run_v2_job.this.template[0].template[0].containers[0].volume_mounts : mount.name => {
      for volume in google_cloud_run_v2_job.this.template[0].template[0].volumes :
      "${mount.mount_path}/${volume.secret[0].items[0].path}" => volume.secret[0].secret if volume.name == mount.name
    }
  }
}

output "schedule" {
  description = "Name and cron expression of the schedule; null: none."
  value       = one([for job in google_cloud_scheduler_job.this : { name = job.name, cron = job.schedule }])
}

output "timeout" {
  description = "After which a task is killed."
  value       = google_cloud_run_v2_job.this.template[0].template[0].timeout
}

output "scheduler_role" {
  description = "What the scheduler may do with the job; null: nothing."
  value       = one(google_cloud_run_v2_job_iam_member.scheduler[*].role)
}

output "max_retries" {
  description = "How often a task is started again that failed, or was not done."
  value       = google_cloud_run_v2_job.this.template[0].template[0].max_retries
}
