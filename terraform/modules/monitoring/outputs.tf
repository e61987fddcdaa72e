output "dashboard" {
  description = "ID of the dashboard."
  value       = google_monitoring_dashboard.this.id
}

# For tests: what the reports are asked, and by whom.

output "filters" {
  description = "What log entries each metric is made of."
  value = merge(
    { for key, metric in google_logging_metric.report : key => [metric.filter, metric.value_extractor] },
    { for key, metric in google_logging_metric.count : key => [metric.filter] },
  )
}

output "queries" {
  description = "Queries of alerts, by name, and of charts, by title."
  value = merge(
    { for key, alert in local.alerts : key => alert.query },
    { for chart in local.charts : chart.title => chart.query },
  )
}
