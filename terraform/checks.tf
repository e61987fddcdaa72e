# What single variables cannot say.

resource "terraform_data" "settings" {
  lifecycle {
    precondition {
      condition     = (var.kafka_brokers == null) != (var.managed_kafka == null)
      error_message = "Give kafka_brokers, or managed_kafka, and not both."
    }
    precondition {
      condition     = var.backup_bucket_name == null || var.braintrust_project_id != ""
      error_message = "A backup bucket without braintrust_project_id: there is nothing to back up."
    }
    precondition {
      condition     = var.backup_bucket_name != var.bucket_name
      error_message = "Backups need a bucket of their own: backup_bucket_name is bucket_name."
    }
    precondition {
      condition     = var.managed_kafka == null || var.kafka_security_protocol == "sasl_ssl"
      error_message = "Managed Service for Apache Kafka wants kafka_security_protocol sasl_ssl."
    }
    precondition {
      condition     = var.managed_kafka == null || contains(["OAUTHBEARER", "PLAIN"], local.sasl_mechanism)
      error_message = "Managed Service for Apache Kafka knows no SCRAM: leave kafka_sasl_mechanism out."
    }
    precondition {
      condition     = var.managed_kafka == null || var.vpc != null
      error_message = "Managed Service for Apache Kafka is in a network only: give the jobs a way into it with vpc."
    }
  }
}
