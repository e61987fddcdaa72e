import Foundation
import Interactions
import JobSupport
import Support
import Testing

struct RunReportTests {
    private func sample() -> RunReport {
        var report = RunReport(job: "loader load", version: "0.1.0", store: "gs://b/p", topic: "t", startedAt: 0)
        report.records = 3
        report.deadLetters = ["not_json": 2]
        report.deadLetterRecords = 2
        report.timeSources = ["kafka_absent": 1]
        report.hoursSealed = ["1970-01-01T00"]
        report.partitions = [
            RunReport.PartitionPart(partition: 0, start: 0, end: 5, position: 4, logEnd: 7)
        ]
        report.lag = 3
        report.lost = [RunReport.LostPart(partition: 0, start: 1, end: 2, reason: "retention")]
        report.finish(.notDrained, at: 61_500, after: .milliseconds(61_500), peakMemory: 1024)
        return report
    }

    @Test func lineIsExactlyThis() {
        #expect(
            String(decoding: ObjectCoding.encode(sample()), as: UTF8.self)
                == #"{"bytes_in":0,"bytes_out":0,"dead_letter_records":2,"dead_letters":{"not_json":2},"duration_ms":61500,"#
                + #""exit_code":75,"files":0,"finished_at":"1970-01-01T00:01:01.500Z","hours_sealed":["1970-01-01T00"],"#
                + #""job":"loader load","lag":3,"late_records":0,"#
                + #""lost":[{"end":2,"partition":0,"reason":"retention","start":1}],"#
                + #""partitions":[{"drained":false,"end":5,"lag":3,"log_end":7,"partition":0,"position":4,"#
                + #""start":0}],"#
                + #""peak_memory_bytes":1024,"records":3,"started_at":"1970-01-01T00:00:00.000Z","#
                + #""status":"notDrained","store":"gs://b/p","time_sources":{"kafka_absent":1},"topic":"t","#
                + #""version":"0.1.0"}"# + "\n")
    }

    @Test func isReadBack() throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(RunReport.self, from: Data(ObjectCoding.encode(sample()))) == sample())
    }

    @Test func lagIsNeverNegative() {
        #expect(RunReport.PartitionPart(partition: 0, start: 0, end: 5, position: 9, logEnd: 7).lag == 0)
    }
}
