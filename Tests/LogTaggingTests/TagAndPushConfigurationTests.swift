import LogTagging
import Support
import Testing

struct TagAndPushConfigurationTests {
    private static let required = [
        "BRAINTRUST_API_KEY": "k", "BRAINTRUST_PROJECT_ID": "p", "ANTHROPIC_API_KEY": "a",
    ]

    private func read(_ arguments: [String], _ environment: [String: String] = required) throws(Failure)
        -> TagAndPushConfiguration
    {
        try TagAndPushConfiguration(arguments: arguments, environment: environment, currentDirectory: "/here")
    }

    @Test func lastDayIsStandard() throws {
        let configuration = try read([])
        #expect(configuration.window == .hours(24))
        #expect((configuration.folder, configuration.fileName) == ("/here", "tagged_logs.jsonl"))
        #expect(configuration.workFolder("a/../b") == "/here/.tag-and-push/a____b")
    }

    @Test(arguments: [
        ("/a/b/c.jsonl", "/a/b", "c.jsonl"), ("/c.jsonl", "/", "c.jsonl"), ("b/c.jsonl", "/here/b", "c.jsonl"),
    ])
    func paths(text: String, folder: String, name: String) throws {
        let configuration = try read([], Self.required.merging(["TAGGED_LOGS_FILE": text]) { $1 })
        #expect((configuration.folder, configuration.fileName) == (folder, name))
    }

    @Test(arguments: ["/a/../b", "/a/", "", "/a%2e/b", "/a/.."])
    func badPathsAreRefused(path: String) {
        #expect(throws: Failure.self) { try read(["--tagged-logs-file", path]) }
    }

    @Test func times() throws {
        let window = try read(["--since", "1970-01-02", "--until", "1970-01-02T00:00:01+00:00"]).window
        #expect(window == .times(since: 86_400_000, until: 86_401_000))
    }

    @Test func hoursAndTimesExcludeEachOther() throws {
        func message(_ arguments: [String], _ environment: [String: String] = [:]) -> String {
            do throws(Failure) {
                _ = try read(arguments, Self.required.merging(environment) { $1 })
                return "no failure"
            } catch {
                return "\(error.status): \(error.message)"
            }
        }
        let expected = "usage: --since (LOGS_SINCE) goes without --hours (LOGS_HOURS)"
        #expect(message(["--since", "2026-01-01", "--hours", "24"]) == expected)
        #expect(message(["--since", "2026-01-01"], ["LOGS_HOURS": "48"]) == expected)
        #expect(message(["--since", "2026-01-01"]) == "no failure")
    }

    @Test func pushNeedsNoKeyOfClaude() throws {
        let environment = Self.required.filter { $0.key != "ANTHROPIC_API_KEY" }
        #expect(throws: Failure.self) { try read([], environment) }
        #expect(try read(["--phase", "push"], environment).phase == .push)
    }
}
