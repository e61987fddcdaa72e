output "dashboard" {
  description = "ID of the dashboard."
  value       = google_monitoring_dashboard.this.id
}
