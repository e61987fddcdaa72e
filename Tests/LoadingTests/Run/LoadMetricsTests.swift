import JobSupport
import Loading
import Support
import Testing

struct LoadMetricsTests {
    @Test func eachNumberOfTheReportIsAMetric() {
        var report = RunReport(job: "loader load", store: "gs://b", topic: "t", startedAt: 0)
        (report.records, report.lateRecords, report.files, report.bytesOut) = (10, 3, 2, 2048)
        (report.deadLetters, report.deadLetterRecords) = (["not_json": 4], 4)
        report.hoursSealed = ["1970-01-01T00", "1970-01-01T01"]
        report.partitions = [
            RunReport.PartitionPart(partition: 0, start: 0, end: 5, position: 5, logEnd: 5),
            RunReport.PartitionPart(partition: 1, start: 0, end: 9, position: 2, logEnd: 9),
        ]
        report.lost = [RunReport.LostPart(partition: 0, start: 1, end: 3, reason: "retention")]
        report.finish(.dataLoss, at: 0, after: .seconds(2), peakMemory: 7)
        let text = metricsText(report.metrics(at: 5000), prefix: "loader_load_")
        #expect(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.contains("dead_letters{") } == [
                #"loader_load_last_run_timestamp_seconds{topic="t"} 5"#, #"loader_load_last_run_success{topic="t"} 0"#,
                #"loader_load_last_run_exit_code{topic="t"} 65"#,
                #"loader_load_duration_seconds{topic="t"} 2"#,
                #"loader_load_records{topic="t",time="late"} 3"#, #"loader_load_records{topic="t",time="on_time"} 7"#,
                #"loader_load_dead_letter_records{topic="t"} 4"#,
                #"loader_load_lag_records{topic="t",partition="0"} 0"#,
                #"loader_load_lag_records{topic="t",partition="1"} 7"#, #"loader_load_lost_records{topic="t"} 2"#,
                #"loader_load_hours_sealed{topic="t"} 2"#, #"loader_load_files{topic="t"} 2"#,
                #"loader_load_written_bytes{topic="t"} 2048"#, #"loader_load_peak_memory_bytes{topic="t"} 7"#,
            ])
        #expect(text.contains(#"loader_load_dead_letters{topic="t",reason="not_json"} 4"#))
        #expect(text.contains(#"loader_load_dead_letters{topic="t",reason="not_utf8"} 0"#))
    }
}
