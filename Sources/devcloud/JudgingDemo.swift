import Foundation
import Support

/// Shows `batch-judge` at work on what the demo stored and tagged.
struct JudgingDemo {
    /// What the demo tells of the report of a run.
    private struct JudgeReport: Decodable {
        struct Day: Decodable {
            var judged: Int
            var unjudged: Int
            var inputs: Int
            var jobsSubmitted: Int
            var costMicroUsd: Int
            var warnings: [String]
            var report: String?
        }
        var days: [Day]
    }

    private struct PushReport: Decodable {
        struct Dataset: Decodable {
            struct Counts: Decodable {
                var matched: Int
                var inserted: Int
            }
            var name: String?
            var counts: Counts
        }
        var datasets: [Dataset]
    }

    let program: SiblingProgram
    /// Of the sample.
    let date: String

    /// Judges the day, twice; returns where the report is.
    func judge() async throws -> String {
        let first = try await judged()
        say(
            """
               \(first.judged) judged, \(first.unjudged) could not be, in \(first.jobsSubmitted) jobs; that would make \
            \(dollars(first.costMicroUsd)) USD. Here a stand-in answered, by phrases, and spoiled a few answers on purpose.
            """)
        for warning in first.warnings { say("   Warning: \(warning)") }
        let second = try await judged()
        guard second.jobsSubmitted == 0, second.judged == first.judged, let report = second.report else {
            throw Failure(.conflict, "the second run judged something again")
        }
        say("   Once more: no job. What is judged is judged once.")
        return report
    }

    /// Pushes the day, twice.
    func push() async throws {
        for dataset in try await pushed() {
            say("   \(dataset.name ?? "?"): \(dataset.counts.matched) wanted, \(dataset.counts.inserted) new")
        }
        guard try await pushed().allSatisfy({ $0.counts.inserted == 0 }) else {
            throw Failure(.conflict, "the second run pushed something again")
        }
        say("   Once more: nothing new. Each row is there, once.")
    }

    private func judged() async throws -> JudgeReport.Day {
        let output = try await program.start(
            ["run", "--wait", "--poll-interval", "50ms", "--date", date], quietly: true)
        guard let day = try report(JudgeReport.self, output).days.first else {
            throw Failure(.failure, "batch-judge run says nothing of \(date)")
        }
        return day
    }

    private func pushed() async throws -> [PushReport.Dataset] {
        let output = try await program.start(["push", "--date", date], quietly: true)
        return try report(PushReport.self, output).datasets
    }

    /// The last line of what a run prints.
    private func report<Value: Decodable>(_ type: Value.Type, _ output: Data) throws -> Value {
        try decoded(type, output.split(separator: UInt8(ascii: "\n")).last ?? Data())
    }
}
