# A cluster or topic that is destroyed, or replaced for another name or region, takes with it what nobody has loaded yet.
locals {
  deletion_policy = var.deletion_protection ? "PREVENT" : "DELETE"
}

resource "google_managed_kafka_cluster" "this" {
  project         = var.project_id
  cluster_id      = var.cluster_id
  location        = var.region
  labels          = var.labels
  deletion_policy = local.deletion_policy

  capacity_config {
    vcpu_count   = var.vcpu_count
    memory_bytes = var.memory_bytes
  }

  gcp_config {
    access_config {
      network_configs {
        subnet = var.subnet
      }
    }
  }

  rebalance_config {
    mode = "AUTO_REBALANCE_ON_SCALE_UP"
  }
}

resource "google_managed_kafka_topic" "this" {
  project            = var.project_id
  cluster            = google_managed_kafka_cluster.this.cluster_id
  location           = var.region
  topic_id           = var.topic
  partition_count    = var.partitions
  replication_factor = 3
  deletion_policy    = local.deletion_policy

  configs = {
    "retention.ms"        = tostring(var.retention_ms)
    "min.insync.replicas" = "2"
  }
}

resource "google_project_iam_member" "clients" {
  for_each = var.clients

  project = var.project_id
  role    = "roles/managedkafka.client"
  member  = each.value
}
