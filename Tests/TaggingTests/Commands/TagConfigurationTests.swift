import Records
import Support
import Testing

@testable import Tagging

@Suite struct TagConfigurationTests {
    private static let needed = [
        "--storage-url", "file:///tmp/x", "--kafka-topic", "t", "--taxonomy", "tags.yml", "--anthropic-api-key",
        "sk-ant-test-key",
    ]

    private func read(_ arguments: [String]) throws(Failure) -> TagConfiguration {
        try TagConfiguration(arguments: Self.needed + arguments, environment: [:])
    }

    /// What is wrong with them.
    private func problem(_ arguments: [String]) -> String? {
        failure { () throws(Failure) in try read(arguments) }?.description
    }

    @Test func allErrorsAreToldInOneGo() throws {
        let found = failure { () throws(Failure) in
            try TagConfiguration(
                arguments: [
                    "--kafka-topic", "a b", "--mode", "fast", "--tag-concurrency", "0", "--max-cost-usd", "much",
                    "--date", "2026-02-30", "--retag",
                    "--interaction-id-field", "id", "--input-field", "input",
                ], environment: [:])
        }
        let failure = try #require(found)
        #expect(failure.status == .usage)
        for name in [
            "--storage-url", "--kafka-topic", "--taxonomy", "--anthropic-api-key", "--mode", "--tag-concurrency",
            "--max-cost-usd",
            "--date", "--retag", "--interaction-id-field", "--input-field",
        ] { #expect(failure.description.contains(name), "\(name)") }
    }

    @Test(arguments: [
        ("0", 0), ("1", 1_000_000), ("0.5", 500_000), ("0.50", 500_000), ("12.345678", 12_345_678), ("007", 7_000_000),
        ("0.000001", 1), ("999999999.999999", 999_999_999_999_999),
    ])
    func money(text: String, micros: Int64) throws {
        #expect(microDollars(from: text) == micros)
        #expect(try read(["--max-cost-usd", text]).maxCost == micros)
    }

    @Test(arguments: [
        "", ".", ".5", "5.", "1.2.3", "-1", "+1", "1e3", "$1", "1,50", "0.0000001", "1000000000", "٣", " 1", "nan",
        "1 ",
    ])
    func whatIsNoMoney(text: String) {
        #expect(microDollars(from: text) == nil)
        if !text.isEmpty { #expect(problem(["--max-cost-usd", text])?.contains("--max-cost-usd") == true) }
    }

    @Test func dates() throws {
        let day = try #require(CivilDate("2026-11-20")).daysSince1970
        #expect(try read([]).place.dates == nil)
        #expect(try read(["--date", "2026-11-20"]).place.dates == day...day)
        #expect(try read(["--since", "2026-11-20", "--until", "2026-11-22"]).place.dates == day...(day + 2))
        #expect(try read(["--since", "2026-11-20", "--until", "2026-11-20"]).place.dates == day...day)
        let open = try #require(try read(["--since", "2026-11-20"]).place.dates)
        #expect(open.lowerBound == day && open.contains(day + 100_000))
    }

    @Test(arguments: [
        (["--date", "2026-11-20", "--since", "2026-11-20"], "--date (TAG_DATE) goes without --since"),
        (["--date", "2026-11-20", "--until", "2026-11-20"], "--date (TAG_DATE) goes without --since"),
        (["--until", "2026-11-20"], "--until (TAG_UNTIL) needs --since"),
        (["--since", "2026-11-20", "--until", "2026-11-19"], "a day that is not before --since"),
        (["--date", "20261120"], "a date such as"), (["--date", "yesterday"], "a date such as"),
        (["--retag"], "--retag (TAG_RETAG) needs --date"),
        (["--retag", "--days", "3"], "--retag (TAG_RETAG) needs --date"),
    ])
    func datesThatAreNone(arguments: [String], expected: String) {
        let found = problem(arguments)
        #expect(found?.contains(expected) == true, "\(found ?? "no failure")")
    }

    @Test func retagTakesADayOrARange() throws {
        #expect(try read(["--retag", "--date", "2026-11-20"]).place.isRetag)
        #expect(try read(["--retag", "--since", "2026-11-20"]).place.isRetag)
    }

    /// Any value that is taken is one that the program can work with.
    @Test func theShortestAndLongestTexts() throws {
        for tokens in [Shortening.tokenRange.lowerBound, Shortening.tokenRange.upperBound] {
            let read = try read(["--input-tokens", "\(tokens)", "--output-tokens", "\(tokens)"])
            _ = Shortening(inputTokens: read.inputTokens, outputTokens: read.outputTokens)
        }
        #expect(problem(["--input-tokens", "16"])?.contains("--input-tokens") == true)
    }

    /// A file with more contents than the limit would never be finished.
    @Test(arguments: [["--answer-age", "0s"], ["--answer-limit", "0"]])
    func aLimitedRunKeepsItsAnswers(forgetting: [String]) throws {
        _ = try read(forgetting)
        for limit in [["--max-records", "5"], ["--max-cost-usd", "1"], ["--max-duration", "10m"]] {
            _ = try read(limit)
            #expect(problem(forgetting + limit)?.contains("--answer-age 0s and --answer-limit 0 go without") == true)
        }
    }

    @Test func aDryRunNeedsNoKey() throws {
        let arguments = Array(Self.needed.dropLast(2))
        #expect(throws: Failure.self) { try TagConfiguration(arguments: arguments, environment: [:]) }
        let dry = try TagConfiguration(arguments: arguments + ["--dry-run"], environment: [:])
        #expect(dry.place.isDryRun && dry.anthropic == nil)
    }

    @Test func tagsAreAFilesOrAProjects() throws {
        let arguments = Array(Self.needed.filter { $0 != "--taxonomy" && $0 != "tags.yml" })
        let key = ["--braintrust-api-key", "sk-test-braintrust"]
        #expect(throws: Failure.self) { try TagConfiguration(arguments: arguments + key, environment: [:]) }
        let read = try TagConfiguration(
            arguments: arguments + key + ["--braintrust-project-id", "p-1"], environment: [:])
        if case .braintrust(_, projectID: "p-1") = read.taxonomy {} else { Issue.record("not the project's") }
        if case .file("tags.yml") = try self.read(key).taxonomy {} else { Issue.record("not the file's") }
    }

    @Test func keysAreNotShown() {
        let secret = "sk-ant-\u{7}broken-secret"
        let found = failure { () throws(Failure) in
            try TagConfiguration(
                arguments: Array(Self.needed.dropLast()) + [secret, "--mode", "fast"], environment: [:])
        }
        #expect(found != nil && found?.description.contains("broken-secret") == false)
    }
}
