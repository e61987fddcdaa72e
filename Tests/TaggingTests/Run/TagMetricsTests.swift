import JobSupport
import Support
import Testing

@testable import Tagging

struct TagMetricsTests {
    @Test func eachNumberOfTheReportIsAMetric() {
        var report = TagReport(store: "gs://b", topic: "t", startedAt: 0)
        (report.model, report.statuses, report.costMicroUsd) = ("m", ["tagged": 3, "untagged": 1], 2_500_000)
        (report.filesTagged, report.filesBusy, report.calls, report.callErrors) = (2, 1, 4, ["529": 1])
        report.finish(.success, at: 0, after: .seconds(1), peakMemory: 7)
        let text = metricsText(report.metrics(at: 5000), prefix: "loader_tag_")
        #expect(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") && !$0.contains("records{") } == [
                #"loader_tag_last_run_timestamp_seconds{topic="t"} 5"#, #"loader_tag_last_run_success{topic="t"} 1"#,
                #"loader_tag_last_run_exit_code{topic="t"} 0"#, #"loader_tag_duration_seconds{topic="t"} 1"#,
                #"loader_tag_files{topic="t",state="busy"} 1"#, #"loader_tag_files{topic="t",state="left"} 0"#,
                #"loader_tag_files{topic="t",state="overlapping"} 0"#, #"loader_tag_files{topic="t",state="tagged"} 2"#,
                #"loader_tag_files{topic="t",state="unreadable"} 0"#, #"loader_tag_calls{topic="t"} 4"#,
                #"loader_tag_call_errors{topic="t",status="529"} 1"#, #"loader_tag_batches_pending{topic="t"} 0"#,
                #"loader_tag_cost_usd{topic="t",model="m"} 2.5"#,
            ])
        #expect(text.contains(#"loader_tag_records{topic="t",status="tagged"} 3"#))
        #expect(text.contains(#"loader_tag_records{topic="t",status="refusal"} 0"#))
    }
}
