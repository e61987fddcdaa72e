locals {
  volumes = { for index, path in sort(keys(var.secret_files)) : "file-${index}" => path }
}

resource "google_cloud_run_v2_job" "this" {
  project             = var.project_id
  name                = var.name
  location            = var.region
  labels              = var.labels
  deletion_protection = var.deletion_protection

  template {
    task_count  = var.tasks
    parallelism = var.tasks

    template {
      service_account = var.service_account
      timeout         = var.timeout
      max_retries     = var.max_retries

      containers {
        image = var.image
        args  = var.args

        resources {
          limits = { cpu = var.cpu, memory = var.memory }
        }

        dynamic "env" {
          for_each = var.env
          content {
            name  = env.key
            value = env.value
          }
        }

        dynamic "env" {
          for_each = var.secret_env
          content {
            name = env.key
            value_source {
              secret_key_ref {
                secret  = env.value
                version = "latest"
              }
            }
          }
        }

        dynamic "volume_mounts" {
          for_each = local.volumes
          content {
            name       = volume_mounts.key
            mount_path = dirname(volume_mounts.value)
          }
        }
      }

      dynamic "volumes" {
        for_each = local.volumes
        content {
          name = volumes.key
          secret {
            secret = var.secret_files[volumes.value]
            items {
              path    = basename(volumes.value)
              version = "latest"
            }
          }
        }
      }

      dynamic "vpc_access" {
        for_each = var.vpc == null ? [] : [var.vpc]
        content {
          egress = vpc_access.value.all ? "ALL_TRAFFIC" : "PRIVATE_RANGES_ONLY"
          network_interfaces {
            network    = vpc_access.value.network
            subnetwork = vpc_access.value.subnetwork
            tags       = vpc_access.value.tags
          }
        }
      }
    }
  }
}

# The role that starts a job with what it was deployed with. To change arguments or environment takes more.
resource "google_cloud_run_v2_job_iam_member" "scheduler" {
  count = var.schedule == null ? 0 : 1

  project  = var.project_id
  name     = google_cloud_run_v2_job.this.name
  location = google_cloud_run_v2_job.this.location
  role     = "roles/run.invoker"
  member   = "serviceAccount:${var.scheduler}"
}

resource "google_cloud_scheduler_job" "this" {
  count = var.schedule == null ? 0 : 1

  project          = var.project_id
  name             = var.schedule_name
  description      = "Starts ${var.name}"
  region           = var.region
  schedule         = var.schedule
  time_zone        = var.time_zone
  paused           = var.paused
  attempt_deadline = "180s"

  # Of the call that starts the job; what the job does is tried again by Cloud Run. A job that is started twice is safe.
  retry_config {
    retry_count          = 3
    min_backoff_duration = "10s"
    max_backoff_duration = "300s"
  }

  http_target {
    http_method = "POST"
    uri         = "https://run.googleapis.com/v2/${google_cloud_run_v2_job.this.id}:run"

    oauth_token {
      service_account_email = var.scheduler
    }
  }

  depends_on = [google_cloud_run_v2_job_iam_member.scheduler]
}
