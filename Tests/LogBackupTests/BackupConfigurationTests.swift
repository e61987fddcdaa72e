import JobSupport
import LogBackup
import Support
import TestSupport
import Testing

struct BackupNamesTests {
    @Test(
        arguments: [
            (["logs/2026-11-13.manifest.json"], nil), (["logs/2026-11-12.manifest.json"], "2026-11-12"), ([], nil),
            (["logs/2026-11-01.manifest.json", "logs/2026-11-14.manifest.json"], nil),
            (["logs/2026-11-01.manifest.json", "logs/2026-11-27.manifest.json"], "2026-11-01"),
            (["logs/2026-11-01.csv", "logs/x.manifest.json", "2026-11-01.manifest.json"], nil),
        ] as [([String], String?)])
    func gaps(objects: [String], end: String?) {
        let window = BackupWindow(date: CivilDate("2026-11-20")!, days: 7)
        let names = BackupNames(prefix: "logs/", window: window, projectID: "p")
        #expect(names.gap(after: objects)?.description == end)
    }
}

struct BackupConfigurationTests {
    private static let required = ["BRAINTRUST_API_KEY": "k", "BRAINTRUST_PROJECT_ID": "p"]
    /// 2026-11-20T23:59:59.999Z
    private let clock = ManualWallClock(1_795_219_199_999)

    private func read(_ arguments: [String]) throws(Failure) -> BackupConfiguration {
        try BackupConfiguration(arguments: arguments, environment: Self.required, clock: clock)
    }

    @Test func sevenDaysBeforeTodayAreStandard() throws {
        let order = try read([]).order
        #expect(order.window.date.description == "2026-11-20")
        #expect(rfc3339(order.window.since) == "2026-11-13T00:00:00.000Z")
        #expect(rfc3339(order.window.until) == "2026-11-20T00:00:00.000Z")
        #expect((order.prefix, order.formats) == ("logs/", [.csv]))
        let names = BackupNames(prefix: order.prefix, window: order.window, projectID: "p")
        #expect(names.file(.csv) == "logs/2026-11-20.csv")
        #expect(names.manifest == "logs/2026-11-20.manifest.json")
        #expect(names.spool.hasPrefix("logs/_spool/2026-11-20-7d-"))
    }

    @Test(.enabled(if: JobZone("America/New_York") != nil)) func todayIsThatOfTheJobsTimeZone() throws {
        func date(_ zone: String, _ time: Milliseconds) throws(Failure) -> String {
            try BackupConfiguration(
                arguments: ["--job-time-zone", zone], environment: Self.required, clock: ManualWallClock(time)
            ).order.window.date.description
        }
        #expect(try date("America/New_York", 1_795_219_200_000) == "2026-11-20")
        // In Vienna it is the 21st, but by UTC the 20th is not over: its last rows would be in no backup.
        #expect(try date("Europe/Vienna", 1_795_219_199_999) == "2026-11-20")
        #expect(try date("Europe/Vienna", 1_795_219_200_000) == "2026-11-21")
    }

    @Test(arguments: [("a", "a/"), ("a/b/", "a/b/"), ("/", "")])
    func prefixes(text: String, prefix: String) throws {
        #expect(try read(["--prefix", text]).order.prefix == prefix)
    }

    @Test(arguments: [
        ["--prefix", "/a"], ["--prefix", "a//b"], ["--prefix", ".."], ["--format", "pdf"], ["--days", "0"],
        ["--bucket", "http://x"], ["--bucket", "X"], ["--date", "2026-02-29"], ["--date", "9999-12-31"],
    ])
    func wrongOnes(arguments: [String]) {
        #expect(throws: Failure.self) { try read(arguments) }
    }

    @Test func theSettingsThatNameThePlacesAreKnown() throws {
        let bucket = "--bucket (BACKUP_BUCKET)"
        let usual = try read([])
        #expect([usual.storage.namedBy, usual.spool.namedBy] == [bucket, bucket])
        let other = try read(["--bucket", "file:///a", "--spool", "file:///b"])
        #expect([other.storage.namedBy, other.spool.namedBy] == [bucket, "--spool (BACKUP_SPOOL)"])
    }

    @Test func formatsComeOnceAndInOneOrder() throws {
        let order = try read(["--format", "JSONL.GZ", "--format", "csv", "--format", "csv"]).order
        #expect(order.formats == [.csv, .jsonlGzip])
    }

    @Test func formatsInOneFlagAndInSeveralAreUnited() throws {
        #expect(try read(["--format", "csv,jsonl"]).order.formats == [.csv, .jsonl])
        let several = try read(["--format", "jsonl.gz, jsonl", "--format", "csv"])
        #expect(several.order.formats == [.csv, .jsonl, .jsonlGzip])
        #expect(throws: Failure.self) { try read(["--format", "csv,pdf", "--format", "jsonl"]) }
        #expect(throws: Failure.self) { try read(["--format", ","]) }
    }
}
