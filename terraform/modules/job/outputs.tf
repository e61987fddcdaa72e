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

output "tasks" {
  description = "How many work at the same time."
  value       = min(google_cloud_run_v2_job.this.template[0].task_count, google_cloud_run_v2_job.this.template[0].parallelism)
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
  description = "The schedule: name, cron expression, whether it sleeps, and how often a start is tried again; null: none."
  value = one([for job in google_cloud_scheduler_job.this : {
    name    = job.name
    cron    = job.schedule
    zone    = job.time_zone
    paused  = job.paused
    retries = one(job.retry_config).retry_count
  }])
}

output "timeout" {
  description = "After which a task is killed."
  value       = google_cloud_run_v2_job.this.template[0].template[0].timeout
}

output "grant" {
  description = "What the scheduler may do with the job; null: nothing."
  value       = one([for grant in google_cloud_run_v2_job_iam_member.scheduler : { member = grant.member, role = grant.role, on = grant.name }])
}

output "max_retries" {
  description = "How often a task is started again that failed, or was not done."
  value       = google_cloud_run_v2_job.this.template[0].template[0].max_retries
}

# For tests.

output "service_account" {
  description = "Address of the account that it runs as."
  value       = google_cloud_run_v2_job.this.template[0].template[0].service_account
}

output "secrets" {
  description = "IDs of the secrets that are settings, by the settings' names."
  value = {
    for env in google_cloud_run_v2_job.this.template[0].template[0].containers[0].env :
    env.name => env.value_source[0].secret_key_ref[0].secret if length(env.value_source) > 0
  }
}

output "network" {
  description = "Where it reaches Kafka from, and what else leaves there; null: from the internet."
  value = one([
    for access in google_cloud_run_v2_job.this.template[0].template[0].vpc_access :
    "${access.network_interfaces[0].subnetwork}: ${access.egress}"
  ])
}

output "deletion_protection" {
  description = "Whether it is kept from being destroyed."
  value       = google_cloud_run_v2_job.this.deletion_protection
}
