import Foundation
import JobSupport
import Logging
import Testing

struct MetricFamilyTests {
    @Test func textIsExactlyThis() {
        let families = [
            MetricFamily("none", "Left out.", []),
            MetricFamily("files", "What was.", [("topic", "a\"b\\c\nd")], by: "state", ["late": 2, "in_time": 1]),
            MetricFamily("seconds", "How long.", [], 1.5),
        ]
        #expect(
            metricsText(families, prefix: "p_") == #"""
                # HELP p_files What was.
                # TYPE p_files gauge
                p_files{topic="a\"b\\c\nd",state="in_time"} 1
                p_files{topic="a\"b\\c\nd",state="late"} 2
                # HELP p_seconds How long.
                # TYPE p_seconds gauge
                p_seconds 1.5

                """#)
    }

    @Test func everyEndingHasItsStatusAndTime() {
        let text = metricsText(MetricFamily.ending([], exitCode: 75, at: 1500), prefix: "")
        let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(
            samples == [
                "last_run_timestamp_seconds 1.5", "last_run_success 0", "last_run_exit_code 75",
            ])
    }

    @Test func aFileThatCannotBeWrittenStopsNothing() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let families = [MetricFamily("a", "A.", [], 1)]
        writeMetrics(families, prefix: "", to: "\(folder)/m.prom", logger: logger)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        writeMetrics(families, prefix: "", to: "\(folder)/m.prom", logger: logger)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.prom"])
    }
}
