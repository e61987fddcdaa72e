output "brokers" {
  description = "host:port of the cluster."
  value = join(".", [
    "bootstrap", google_managed_kafka_cluster.this.cluster_id, var.region, "managedkafka", var.project_id,
    "cloud.goog:9092",
  ])
}
