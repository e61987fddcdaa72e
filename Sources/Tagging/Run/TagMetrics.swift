package import JobSupport
package import Support

extension TagReport {
    /// What a run tagged, for Prometheus.
    /// - Parameter now: when it ended.
    package func metrics(at now: Milliseconds) -> [MetricFamily] {
        let topic: MetricFamily.Labels = [("topic", topic)]
        let files = [
            "tagged": filesTagged, "left": filesLeft, "busy": filesBusy, "unreadable": filesUnreadable,
            "overlapping": filesOverlappingCount,
        ]
        return MetricFamily.ending(topic, exitCode: exitCode, at: now) + [
            MetricFamily("duration_seconds", "How long the last run took.", topic, Double(durationMs) / 1000),
            MetricFamily(
                "records", "Records that the last run tagged.", topic, by: "status",
                among: TagStatus.allCases.map(\.rawValue), statuses),
            MetricFamily("files", "Files of the last run by what became of them.", topic, by: "state", files),
            MetricFamily("calls", "Calls that were answered.", topic, Double(calls)),
            MetricFamily("call_errors", "Calls that were not, by HTTP status.", topic, by: "status", callErrors),
            MetricFamily("batches_pending", "Message Batches that have not ended.", topic, Double(batchesPending)),
            MetricFamily(
                "cost_usd", "What the last run's answers cost.", topic + [("model", model)],
                Double(costMicroUsd) / 1e6),
        ]
    }
}
