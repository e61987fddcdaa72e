# terraform init -backend-config=bucket=MY-STATE-BUCKET
terraform {
  backend "gcs" {
    prefix = "stream-worker"
  }
}
