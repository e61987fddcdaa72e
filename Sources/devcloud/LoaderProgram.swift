import Support

/// The loader as a program of its own.
struct LoaderProgram {
    let program: SiblingProgram
    let brokers: String

    /// What the demo tells of the loader's report.
    struct Report: Decodable {
        var records = 0
        var lateRecords = 0
        var deadLetters: [String: Int] = [:]
        var files = 0
        var hoursSealed: [String] = []

        var onTime: Int { records - lateRecords }
        var dead: Int { deadLetters.values.reduce(0, +) }

        static func += (sum: inout Report, more: Report) {
            sum.records += more.records
            sum.lateRecords += more.lateRecords
            sum.deadLetters.merge(more.deadLetters, uniquingKeysWith: +)
            sum.files += more.files
            sum.hoursSealed += more.hoursSealed
        }
    }

    /// Runs `load`, says what its report says, and returns it.
    func load() async throws -> Report {
        let output = try await program.start(
            [
                "load", "--kafka-brokers", brokers,
                // The mock cluster lets a group wait that long for members that may come back.
                "--kafka-option", "session.timeout.ms=6000",
            ], quietly: true)
        let report = try decoded(Report.self, output)
        say(
            "   \(report.onTime) on time + \(report.lateRecords) late + \(report.dead) dead letters"
                + (report.dead == 0 ? "" : " (\(list(report.deadLetters)))")
                + "; \(report.files) files, \(report.hoursSealed.count) hours sealed\(latest(report.hoursSealed))")
        return report
    }

    private func latest(_ hours: [String]) -> String { hours.max().map { ", up to \($0)" } ?? "" }

    /// How many late records the day's hours have.
    func lateRecords(of date: String) async throws -> Int {
        struct Status: Decodable {
            struct Hour: Decodable { var parts: [Part] }
            struct Part: Decodable { var lateRecords: Int }
            var hours: [Hour]
        }
        let output = try await program.start(["status", "--json", "--date", date], quietly: true)
        return try decoded(Status.self, output).hours.flatMap(\.parts).reduce(0) { $0 + $1.lateRecords }
    }
}
