internal import Interactions
package import JobSupport
package import Support

extension RunReport {
    /// What a load did, for Prometheus.
    /// - Parameter now: when it ended.
    package func metrics(at now: Milliseconds) -> [MetricFamily] {
        let topic: MetricFamily.Labels = [("topic", topic)]
        let lost = lost.reduce(0) { $0 + $1.end - $1.start }
        return MetricFamily.ending(topic, exitCode: exitCode, at: now) + [
            MetricFamily("duration_seconds", "How long the last run took.", topic, Double(durationMs) / 1000),
            MetricFamily(
                "records", "Interactions that the last run stored.", topic, by: "time",
                ["on_time": records - lateRecords, "late": lateRecords]),
            MetricFamily(
                "dead_letter_records", "Records of the last run that are no interactions.", topic,
                Double(deadLetterRecords)),
            MetricFamily(
                "dead_letters", "The same by what is wrong with them.", topic, by: "reason",
                among: DeadLetterReason.allCases.map(\.rawValue), deadLetters),
            MetricFamily(
                "lag_records", "Records that the last run left unread.",
                partitions.map { (topic + [("partition", "\($0.partition)")], Double($0.lag)) }),
            MetricFamily(
                "lost_records", "Records that Kafka had deleted before the last run could read them.", topic,
                Double(lost)),
            MetricFamily(
                "hours_sealed", "Hours that the last run completed, or completed anew.", topic,
                Double(hoursSealed.count)),
            MetricFamily("files", "Files that the last run wrote.", topic, Double(files)),
            MetricFamily("written_bytes", "Their compressed bytes.", topic, Double(bytesOut)),
            MetricFamily(
                "peak_memory_bytes", "The most memory that the last run had.", topic, Double(peakMemoryBytes)),
        ]
    }
}
