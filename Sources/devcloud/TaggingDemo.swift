import Support

/// Shows `loader tag` at work on what the demo stored, with a stand-in for the Claude API.
struct TaggingDemo {
    /// What the demo tells of the report.
    private struct Report: Decodable {
        var filesTagged: Int
        var records: Int
        var calls: Int
        var costMicroUsd: Int
        var statuses: [String: Int]
        var priceDate: String
    }

    let loader: LoaderProgram
    /// Of the sample.
    let date: String

    func run() async throws {
        let settings = [
            "--since", CivilDate(daysSince1970: (CivilDate(date)?.daysSince1970 ?? 1) - 1).description,
            "--taxonomy", "prompts/tags.example.yml", "--tag-concurrency", "50",
        ]
        let first = try await tag(settings)
        let statuses = first.statuses.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        say(
            """
               \(first.filesTagged) files, \(first.records) records: \(statuses.joined(separator: ", ")).
               \(first.calls) calls, which the prices of \(first.priceDate) would make \(dollars(first.costMicroUsd)) USD. \
            Here a stand-in answered, by keywords.
            """)
        let second = try await tag(settings)
        guard second.calls == 0, second.filesTagged == 0 else {
            throw Failure(.conflict, "the second run tagged something again")
        }
        say("   Once more: no call, no file. Everything is tagged, once.")
    }

    private func tag(_ settings: [String]) async throws -> Report {
        try decoded(Report.self, try await loader.program.start(["tag"] + settings, quietly: true))
    }
}

/// From millionths.
func dollars(_ micros: Int) -> String { "\(micros / 1_000_000).\(padded(micros % 1_000_000, 6))" }
