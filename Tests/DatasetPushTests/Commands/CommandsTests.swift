import Braintrust
import Interactions
import JobSupport
import Support
import TestSupport
import Testing

@testable import DatasetPush

/// Settings, and what people are shown.
@Suite struct CommandsTests {
    private static let usual = ["--storage-url", "file:///data", "--braintrust-api-key", "secret"]

    /// 2026-11-21T23:30Z
    private static let clock = ManualWallClock(1_795_303_800_000)

    private func configuration(_ arguments: String...) throws -> PushConfiguration {
        try PushConfiguration(arguments: Self.usual + arguments, environment: [:])
    }

    @Test func days() throws {
        let today = CivilDate("2026-11-21")!.daysSince1970
        func range(_ arguments: String...) throws -> ClosedRange<Int64> {
            try PushConfiguration(arguments: Self.usual + arguments, environment: [:], clock: Self.clock).days
        }
        #expect(try range() == (today - 3)...(today - 1))
        #expect(try range("--days", "1") == (today - 1)...(today - 1))
        #expect(try range("--date", "2026-11-21") == today...today)
        #expect(try range("--from", "2026-11-01", "--to", "2026-11-02") == (today - 20)...(today - 19))
        #expect(try range("--from", "2026-11-01") == (today - 20)...(today - 1))
        #expect(try range("--from", "2026-12-01") == (today - 1)...(today - 1))
        #expect(try !configuration().isAgain)
        #expect(try configuration("--from", "2026-11-01").isAgain)
    }

    @Test(.enabled(if: JobZone("Europe/Vienna") != nil)) func yesterdayInTheJobsTimeZone() throws {
        let days = try PushConfiguration(
            arguments: Self.usual + ["--days", "1"], environment: ["JOB_TIME_ZONE": "Europe/Vienna"],
            clock: Self.clock
        ).days
        #expect(CivilDate(daysSince1970: days.upperBound).description == "2026-11-21")
        #expect(days.count == 1)
    }

    @Test(arguments: [
        (["--date", "yesterday"], "a date such as"),
        (["--date", "2026-11-01", "--from", "2026-11-01"], "goes without"),
        (["--to", "2026-11-01"], "needs"), (["--from", "2026-11-02", "--to", "2026-11-01"], "not before"),
        (["--input-field", "input"], "JSON pointers"), (["--days", "0"], "1 to 366"),
        (["--job-time-zone", "Nowhere"], "a time zone that this machine knows"),
        (["--braintrust-api-url", "http://elsewhere"], "readable by everyone"),
    ])
    func wrong(arguments: [String], message: String) throws {
        let failure = try #require(throws: Failure.self) {
            try PushConfiguration(arguments: Self.usual + arguments, environment: [:])
        }
        #expect(failure.status == .usage)
        #expect(failure.message.contains(message))
        #expect(!"\(failure)".contains("secret"))
    }

    @Test(
        arguments: [
            (["--days", "2", "--wait-for-verdicts", "2"], "is '2'; expected fewer than the 2 of --days (PUSH_DAYS)"),
            (["--days", "1", "--wait-for-verdicts", "1"], "is '1'; expected fewer than the 1 of --days (PUSH_DAYS)"),
            (["--wait-for-verdicts", "3"], "is '3'; expected fewer than the 3 of --days (PUSH_DAYS)"),
            (["--days", "3", "--wait-for-verdicts", "2"], nil), (["--days", "1", "--wait-for-verdicts", "0"], nil),
            // What nobody asks for is cut short. Days that are named wait for nothing.
            (["--days", "1"], nil), (["--date", "2026-11-01", "--wait-for-verdicts", "3"], nil),
        ] as [([String], String?)])
    func waitingForLongerThanIsLookedAt(arguments: [String], message: String?) throws {
        do throws(Failure) {
            _ = try PushConfiguration(arguments: Self.usual + arguments, environment: [:])
            #expect(message == nil)
        } catch {
            #expect(error.status == .usage)
            #expect(message.map(error.message.hasSuffix) == true, "\(error)")
        }
    }

    @Test func howLongBraintrustIsTriedAgain() throws {
        #expect(try configuration().braintrust.deadline == .seconds(60))
        #expect(try configuration("--braintrust-deadline", "3s").braintrust.deadline == .seconds(3))
    }

    @Test(arguments: ["raw", "_runs/x"])
    func verdictsAreInAFolderOfTheirOwn(prefix: String) throws {
        let failure = try #require(throws: Failure.self) { try configuration("--gcs-output-prefix", prefix) }
        #expect(failure.message.contains("a folder of its own"))
    }

    @Test func theKeyIsRequired() throws {
        let failure = try #require(throws: Failure.self) { try DatasetsConfiguration(arguments: [], environment: [:]) }
        #expect(failure.message.contains("BRAINTRUST_API_KEY"))
        let given = try DatasetsConfiguration(arguments: ["--json"], environment: ["BRAINTRUST_API_KEY": "k"])
        #expect(given.isJSON)
    }

    @Test func datasetsOfOneNameAreToldApartByTheirProjects() {
        let list = DatasetList([
            PushTarget(Dataset(id: "11", projectID: "p-1", name: "money", description: #"[[relevant_tags: ["a"]]]"#)),
            PushTarget(Dataset(id: "22", projectID: "p-2", name: "money", description: #"[[relevant_tags: ["b"]]]"#)),
            PushTarget(Dataset(id: "33", projectID: "p-2", name: "other", description: #"[[relevant_tags: ["c"]]]"#)),
        ])
        #expect(
            list.table == """
                NAME   ID  TAGS
                money  11  a
                  project p-1
                money  22  b
                  project p-2
                other  33  c
                3 of 3 datasets want tags

                """)
    }

    @Test func list() {
        let list = DatasetList([
            PushTarget(Dataset(id: "2", projectID: "p", name: "zebra", description: #"[[relevant_tags: ["a","b"]]]"#)),
            PushTarget(Dataset(id: "1", name: "ape\u{1B}", description: #"[[relevant_tags: ["a", 5]]]"#)),
            PushTarget(Dataset(id: "33", name: "none", description: "of something")),
            PushTarget(Dataset(id: "4", description: nil)),
        ])
        #expect(
            list.table == """
                NAME       ID  TAGS
                (no name)  4   -
                  ! no description
                ape\u{FFFD}       1   a
                  ! 5 is no text in double quotes, and is left out
                none       33  -
                  ! no marker in the description
                zebra      2   a, b
                2 of 4 datasets want tags

                """)
        let json = String(decoding: ObjectCoding.encode(list), as: UTF8.self)
        #expect(json.contains(#"{"id":"2","name":"zebra","project_id":"p","remarks":[],"tags":["a","b"]}"#))
        #expect(DatasetList([]).table == "no datasets\n")
    }
}
