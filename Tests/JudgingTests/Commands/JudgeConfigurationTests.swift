import JobSupport
import Support
import Testing
import TestSupport
import VertexAI

@testable import Judging

@Suite struct JudgeConfigurationTests {
    private static let needed = ["--storage-url", "gs://bucket/data", "--gcp-project", "p"]

    private func read(
        _ arguments: [String], _ environment: [String: String] = [:],
        steps: JudgeSteps = [.assemble, .submit, .collect]
    ) throws(Failure) -> JudgeConfiguration {
        try JudgeConfiguration(
            JudgeSettings.runTable, steps: steps, arguments: arguments, environment: environment,
            clock: ManualWallClock(1_795_217_400_000))
    }

    private func message(_ arguments: [String], _ environment: [String: String] = [:]) -> String {
        do throws(Failure) {
            _ = try read(arguments, environment)
            return "no failure"
        } catch {
            return error.description
        }
    }

    @Test func whatNobodySays() throws {
        let configuration = try read(Self.needed)
        #expect(configuration.limits.days == .yesterday(try #require(CivilDate("2026-11-19")), lookback: 7))
        #expect(configuration.limits.topic == nil)
        #expect(configuration.limits.wait == nil)
        #expect(configuration.input.location.url == "gs://bucket/data")
        #expect(configuration.output.location.url == "gs://bucket/data")
        #expect(configuration.model == nil)
        #expect(configuration.fallback == "publishers/google/models/gemini-3.5-flash-lite")
    }

    @Test(arguments: [
        "raw", "/raw/", "raw/security", "dead-letter", "tagged/x", "retagged", "judge", "judged", "datasets", "_runs",
        "_plans", "gs://bucket/data/raw", "gs://bucket/data/_runs/x",
    ])
    func aPrefixIsAPlaceOfItsOwn(prefix: String) {
        let expected = "not in raw, dead-letter, tagged, retagged, judge, judged, datasets or one that begins with _"
        #expect(message(Self.needed + ["--gcs-output-prefix", prefix]).contains(expected))
    }

    @Test func aPrefixOfAnotherBucketIsNotInTheStoreEither() throws {
        let other = Self.needed + ["--output-bucket", "bucket"]
        #expect(message(other + ["--gcs-output-prefix", "data/raw/x"]).contains("a folder of its own"))
        for prefix in ["data/security", "rawer", "security/raw", "gs://else/raw"] {
            #expect(message(other + ["--gcs-output-prefix", prefix]) == "no failure")
        }
        #expect(try read(Self.needed + ["--gcs-output-prefix", "a/b"]).output.location.url == "gs://bucket/data/a/b")
    }

    @Test func theNamesOfTheDeployment() throws {
        let configuration = try read(
            [],
            [
                "GCP_PROJECT_ID": "p", "INPUT_BUCKET": "in-bucket", "OUTPUT_BUCKET": "gs://out-bucket",
                "GCS_OUTPUT_PREFIX": "security/", "MODEL_ID": "m", "GCP_LOCATION": "global", "PROMPT_PATH": "x.yml",
                "KAFKA_TOPIC": "t",
            ])
        #expect(configuration.input.location.url == "gs://in-bucket")
        #expect(configuration.output.location.url == "gs://out-bucket/security")
        #expect((configuration.model, configuration.promptPath, configuration.limits.topic) == ("m", "x.yml", "t"))
        #expect((configuration.vertex?.project, configuration.vertex?.location) == ("p", "global"))
    }

    @Test func theSettingsThatNameThePlacesAreKnown() throws {
        func names(_ arguments: String...) throws -> [String] {
            let configuration = try read(arguments + ["--gcp-project", "p"])
            return [configuration.input.namedBy, configuration.output.namedBy]
        }
        let (store, output) = ("--storage-url (STORAGE_URL)", "--output-bucket (OUTPUT_BUCKET)")
        #expect(try names("--storage-url", "gs://abc") == [store, store])
        #expect(try names("--storage-url", "gs://abc", "--gcs-output-prefix", "x") == [store, store])
        #expect(try names("--storage-url", "gs://abc", "--output-bucket", "def") == [store, output])
        #expect(
            try names("--storage-url", "gs://abc", "--gcs-output-prefix", "gs://def/x")
                == [store, "--gcs-output-prefix (GCS_OUTPUT_PREFIX)"])
        #expect(
            try names("--input-bucket", "abc", "--output-bucket", "def") == ["--input-bucket (INPUT_BUCKET)", output])
        let pattern = "--gcs-input-uri (GCS_INPUT_URI)"
        #expect(try names("--gcs-input-uri", "gs://abc/raw/*/2026-11-20/*.jsonl.gz") == [pattern, pattern])
    }

    @Test func aDirectoryIsToldByTheSettingThatNamesIt() {
        let directory = message(["--storage-url", "file:///data", "--gcp-project", "p"])
        #expect(directory.contains("buckets only; --storage-url (STORAGE_URL) is a directory"), "\(directory)")
        let nothing = message(["--gcp-project", "p"])
        #expect(!nothing.contains("is a directory"), "\(nothing)")
    }

    @Test func aPatternIsAPlace() throws {
        let configuration = try read(
            ["--gcs-input-uri", "gs://bucket/raw/*/2026-11-20/*.jsonl.gz", "--gcp-project", "p"])
        #expect(configuration.input.location.url == "gs://bucket")
        #expect(configuration.output.location.url == "gs://bucket")
    }

    @Test func severalDays() throws {
        let configuration = try read(Self.needed + ["--from", "2026-11-01", "--to", "2026-11-03"])
        let first = try #require(CivilDate("2026-11-01")).daysSince1970
        #expect(configuration.limits.days == .dates(first...first + 2))
    }

    @Test(arguments: [
        (["--date", "x"], "--date is 'x'"), (["--from", "2026-11-01"], "go together"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "--to is '2026-11-01'"),
        (["--date", "2026-11-01", "--gcs-input-uri", "gs://bucket/raw/t/d/*"], "go without each other"),
        (["--sample", "2"], "--sample is '2'"), (["--filter", "a"], "--filter is 'a'"),
        (["--job-time-zone", "Nowhere"], "--job-time-zone is 'Nowhere'"),
        (["--gcp-project-id", "q"], "differ"), (["--gcp-location", "a b"], "location"),
        (["--max-cost-usd", "much"], "--max-cost-usd is 'much'"),
        (["--gcs-input-uri", "gs://x"], "--gcs-input-uri is"),
        (["--output-bucket", "file:///out"], "Vertex AI reads and writes buckets only"),
    ])
    func whatIsWrong(_ arguments: [String], _ expected: String) {
        let text = message(Self.needed + arguments)
        #expect(text.contains(expected), "\(text)")
    }

    @Test func whatIsMissingIsSaidAtOnce() {
        let text = message([])
        #expect(text.contains("--storage-url (STORAGE_URL) is required"), "\(text)")
        #expect(text.contains("--gcp-project (GCP_PROJECT) is required"), "\(text)")
    }

    @Test func assemblingNeedsNoProject() throws {
        let configuration = try JudgeConfiguration(
            JudgeSettings.assembleTable, steps: .assemble, arguments: ["--storage-url", "file:///data"],
            environment: [:])
        #expect(configuration.vertex == nil)
    }
}
