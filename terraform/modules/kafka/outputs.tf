output "grants" {
  description = "What each client may do."
  value       = [for grant in google_project_iam_member.clients : { member = grant.member, role = grant.role, on = grant.project }]
}

output "brokers" {
  description = "host:port of the cluster."
  value = join(".", [
    "bootstrap", google_managed_kafka_cluster.this.cluster_id, var.region, "managedkafka", var.project_id,
    "cloud.goog:9092",
  ])
}

# For tests.

output "deletion_policies" {
  description = "What becomes of cluster and topic when they are to be destroyed."
  value       = toset([google_managed_kafka_cluster.this.deletion_policy, google_managed_kafka_topic.this.deletion_policy])
}
