import Foundation
import Interactions
import Testing
import TestSupport

@testable import Judging

/// That the format is Prometheus' own is tested with Prometheus' parser, over there in the integration tests.
@Suite struct MetricsTextTests {
    @Test func ofARunWithoutDays() {
        #expect(
            MetricsText([], exitCode: 70, at: 1_795_262_400_123).text == """
                # HELP batch_judge_last_run_timestamp_seconds When the last run ended.
                # TYPE batch_judge_last_run_timestamp_seconds gauge
                batch_judge_last_run_timestamp_seconds 1795262400.123
                # HELP batch_judge_last_run_success Whether the last run succeeded.
                # TYPE batch_judge_last_run_success gauge
                batch_judge_last_run_success 0
                # HELP batch_judge_last_run_exit_code The last run's exit status.
                # TYPE batch_judge_last_run_exit_code gauge
                batch_judge_last_run_exit_code 70

                """)
    }

    private func summary(_ topic: String, _ date: String, records: Int) -> DaySummary {
        let state = DayState(
            topic: topic, date: date,
            completeness: Completeness(sealedHours: Array(0..<24), missing: [], isAllowed: false))
        let tally = DayTally(schema: JudgeSample.schema, mostListed: 1)
        return DaySummary(state, tally, schema: JudgeSample.schema, recordsInManifests: records, at: 0)
    }

    @Test func eachMetricIsDescribedOnceWithTheSamplesOfAllTopics() {
        let text = MetricsText(
            [summary("a\"b\\c\nd", "2026-11-20", records: 1), summary("z", "2026-11-19", records: 2)], exitCode: 0,
            at: 0
        ).text
        let lines = text.split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("# TYPE batch_judge_records ") } == 1)
        let samples = lines.filter { $0.hasPrefix("batch_judge_records{") && $0.contains("in_manifests") }
        #expect(
            samples == [
                #"batch_judge_records{topic="a\"b\\c\nd",part="in_manifests"} 1"#,
                #"batch_judge_records{topic="z",part="in_manifests"} 2"#,
            ])
        #expect(lines.contains(#"batch_judge_day_timestamp_seconds{topic="z"} 1795046400"#))
    }

    @Test func theFileHasTheLatestDayOfEachTopic() async throws {
        let store = InMemoryStore()
        for (topic, date, records) in [("a", "2026-11-18", 1), ("a", "2026-11-19", 2), ("b", "2026-11-18", 3)] {
            let state = summary(topic, date, records: records)
            store.put(JudgedNames(topic: topic).summary(of: date), ObjectCoding.encode(state))
        }
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).prom").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await MetricsFile.write(
            to: path, days: [("b", "2026-11-18"), ("a", "2026-11-18"), ("a", "2026-11-20"), ("a", "2026-11-19")],
            leftBehind: 2, in: store, exitCode: 0, at: 0)
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(
            lines.filter { $0.contains("in_manifests") } == [
                #"batch_judge_records{topic="a",part="in_manifests"} 2"#,
                #"batch_judge_records{topic="b",part="in_manifests"} 3"#,
            ])
        #expect(lines.contains("batch_judge_days_left_behind 2"))
    }
}
