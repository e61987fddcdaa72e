import JobSupport
import Support
import Testing

@testable import DatasetPush

struct PushMetricsTests {
    @Test func eachNumberOfTheReportIsAMetric() {
        var report = PushReport(store: "gs://b", topic: "t", startedAt: 0, isDryRun: false)
        var day = PushReport.Day(date: "2026-11-20", verdicts: 0)
        (day.records, day.faults) = (5, ["unreadable": 1])
        report.days = [day, day]
        report.filesWaiting = 3
        (report.totals.inserted, report.totals.existing, report.totals.deadLetters) = (4, 2, 1)
        report.datasets = [nil, "gone"].map {
            PushReport.Dataset(id: "d", name: nil, tags: 1, counts: DatasetCounts(), failure: $0)
        }
        report.finish(.noInput, at: 0, after: .seconds(2), peakMemory: 7)
        let text = metricsText(report.metrics(at: 5000), prefix: "batch_judge_push_")
        #expect(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.contains("faults{") } == [
                #"batch_judge_push_last_run_timestamp_seconds{topic="t"} 5"#,
                #"batch_judge_push_last_run_success{topic="t"} 0"#,
                #"batch_judge_push_last_run_exit_code{topic="t"} 66"#,
                #"batch_judge_push_duration_seconds{topic="t"} 2"#, #"batch_judge_push_records{topic="t"} 10"#,
                #"batch_judge_push_rows{topic="t",state="existing"} 2"#,
                #"batch_judge_push_rows{topic="t",state="inserted"} 4"#,
                #"batch_judge_push_rows{topic="t",state="too_large"} 1"#,
                #"batch_judge_push_datasets{topic="t",state="complete"} 1"#,
                #"batch_judge_push_datasets{topic="t",state="failed"} 1"#,
                #"batch_judge_push_files_waiting{topic="t"} 3"#,
            ])
        #expect(text.contains(#"batch_judge_push_faults{topic="t",fault="unreadable"} 2"#))
        #expect(text.contains(#"batch_judge_push_faults{topic="t",fault="no_id"} 0"#))
    }
}
