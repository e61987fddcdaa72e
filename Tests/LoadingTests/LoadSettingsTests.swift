import Bytes
import Foundation
import Gzip
import Interactions
import JobSupport
import Kafka
import Loading
import Logging
import ObjectStorage
import Support
import Testing

struct LoadSettingsTests {
    private let least = ["STORAGE_URL": "gs://my-bucket/a", "KAFKA_BROKERS": "b1:9092"]

    private func configuration(_ more: [String: String] = [:], _ arguments: String...) throws -> LoadConfiguration {
        try LoadConfiguration(arguments: arguments, environment: least.merging(more) { $1 })
    }

    /// What is wrong, without the remedy.
    private func problem(_ more: [String: String] = [:], _ arguments: String...) -> String? {
        do {
            _ = try LoadConfiguration(arguments: arguments, environment: least.merging(more) { $1 })
            return nil
        } catch {
            return error.message
        }
    }

    @Test func defaults() throws {
        let defaults = try configuration()
        #expect(defaults.storage.location == .bucket(try GCSLocation("gs://my-bucket/a")))
        #expect(defaults.storage.concurrency == 4)
        #expect(defaults.storage.retryDeadline == .seconds(300))
        #expect(
            defaults.kafka
                == KafkaConnection(
                    brokers: "b1:9092", consumerGroup: "interaction-loader", instanceID: nil, assignment: .range,
                    properties: [KafkaProperty("security.protocol", "plaintext")], timeout: .seconds(30)))
        #expect(defaults.topic == "raw-interactions")
        #expect(defaults.topicEpoch == 0)
        #expect(defaults.layout == .plain)
        #expect(defaults.from == .earliest)
        #expect(defaults.eventTimeField.description == "/timestamp")
        #expect(defaults.eventTimeMaxSkew == .seconds(7 * 86_400))
        #expect(defaults.allowedLateness == .seconds(600))
        #expect(defaults.recordFormat == .value)
        #expect(defaults.maxRecordBytes == 20 << 20)
        #expect(defaults.maxDepth == 128)
        #expect(defaults.gzip == GzipSettings(engine: .isal))
        #expect(defaults.targetFileSize == 64 << 20)
        #expect(defaults.memoryBudget == 160 << 20)
        #expect(defaults.maxDuration == nil)
        #expect(defaults.noProgressTimeout == .seconds(60))
        #expect(defaults.shutdownGrace == .seconds(8))
        #expect(defaults.followInterval == nil)
        #expect(defaults.log == LogConfiguration(format: .auto, level: .info))
        #expect(defaults.failpoint == nil)
    }

    @Test func everythingCanBeSetByVariable() throws {
        let set = try configuration([
            "KAFKA_BROKERS": "b1:9092, [::1]:9093", "KAFKA_TOPIC": "t.1", "KAFKA_CONSUMER_GROUP": "g",
            "KAFKA_GROUP_INSTANCE_ID": "i", "KAFKA_ASSIGNMENT": "cooperative-sticky",
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "scram-sha-256",
            "KAFKA_SASL_USERNAME": "u\n", "KAFKA_SASL_PASSWORD": "p\n", "KAFKA_SSL_CA_LOCATION": "/ca.pem",
            "KAFKA_OPTIONS": #"debug=broker\,fetch,socket.timeout.ms=9"#, "KAFKA_TIMEOUT": "5s", "LOAD_FROM": "latest",
            "TOPIC_EPOCH": "2", "EVENT_TIME_FIELD": "/meta/time", "EVENT_TIME_MAX_SKEW": "1h", "ALLOWED_LATENESS": "0s",
            "PARTITION_LAYOUT": "hive", "RECORD_FORMAT": "envelope", "MAX_RECORD_BYTES": "1MB", "MAX_DEPTH": "9",
            "GZIP_ENGINE": "zlib", "GZIP_LEVEL": "9", "TARGET_FILE_SIZE": "8MiB", "MEMORY_BUDGET": "32MiB",
            "MAX_DURATION": "50m", "NO_PROGRESS_TIMEOUT": "5s", "SHUTDOWN_GRACE": "2s", "FOLLOW": "true",
            "FOLLOW_INTERVAL": "1m", "LOG_FORMAT": "json", "LOG_LEVEL": "debug", "LOADER_FAILPOINT": "after-plan",
        ])
        #expect(
            set.kafka
                == KafkaConnection(
                    brokers: "b1:9092,[::1]:9093", consumerGroup: "g", instanceID: "i", assignment: .cooperativeSticky,
                    properties: [
                        KafkaProperty("security.protocol", "sasl_ssl"),
                        KafkaProperty("sasl.mechanism", "SCRAM-SHA-256"),
                        KafkaProperty("sasl.username", "u"), KafkaProperty("sasl.password", "p"),
                        KafkaProperty("ssl.ca.location", "/ca.pem"), KafkaProperty("debug", "broker,fetch"),
                        KafkaProperty("socket.timeout.ms", "9"),
                    ], timeout: .seconds(5)))
        #expect(set.topic == "t.1" && set.from == .latest && set.topicEpoch == 2)
        #expect(set.eventTimeField.tokens == ["meta", "time"])
        #expect(set.eventTimeMaxSkew == .seconds(3600) && set.allowedLateness == .zero)
        #expect(set.layout == .hive && set.recordFormat == .envelope)
        #expect(set.maxRecordBytes == 1_000_000 && set.maxDepth == 9)
        #expect(set.gzip == GzipSettings(engine: .zlib, level: 9))
        #expect(set.targetFileSize == 8 << 20 && set.memoryBudget == 32 << 20)
        #expect(set.maxDuration == .seconds(3000) && set.noProgressTimeout == .seconds(5))
        #expect(set.shutdownGrace == .seconds(2) && set.followInterval == .seconds(60))
        #expect(set.log == LogConfiguration(format: .json, level: .debug))
        #expect(set.failpoint == Failpoint.Trigger(.afterPlan))
    }

    @Test func severalMistakesAreReportedTogether() {
        let storageURL =
            "gs://BUCKET/PREFIX, with a BUCKET of 3 to 63 characters, or file:///DIRECTORY, without .. and %"
        #expect(
            problem(
                ["KAFKA_TOPIC": "a b", "KAFKA_BROKERS": "", "STORAGE_URL": "s3://x", "KAFKA_OPTIONS": "hunter2"],
                "--gzip-level", "0", "--gzip-engine=zlib", "--event-time-field", "time", "--folow")
                    == """
                    7 settings are wrong ('loader load --help' lists every setting):
                      --folow is not a setting of this command; did you mean --follow?
                      STORAGE_URL is 's3://x'; expected \(storageURL)
                      --kafka-brokers (KAFKA_BROKERS) is required: HOST:PORT,…
                      KAFKA_OPTIONS has a wrong value; expected NAME=VALUE, where NAME is a librdkafka property
                      KAFKA_TOPIC is 'a b'; expected 1 to 249 of the characters a-z A-Z 0-9 . _ - (and not . or ..)
                      --event-time-field is 'time'; expected a JSON pointer (RFC 6901) such as /timestamp or /meta/time
                      --gzip-level is '0'; expected 1 to 9 with --gzip-engine zlib
                    """)
    }

    @Test(arguments: [".", "..", "a/b", "täglich", String(repeating: "t", count: 250)])
    func illegalTopics(name: String) throws {
        #expect(try #require(self.problem(["KAFKA_TOPIC": name])).hasPrefix("KAFKA_TOPIC is '"))
    }

    @Test(arguments: ["b1", "b1:", ":9092", "b1:0", "b1:65536", "b1:9092,", "b1:9092 b2:9092", "kafka://b1:9092"])
    func wrongBrokers(text: String) {
        #expect(
            problem(["KAFKA_BROKERS": text])
                == "KAFKA_BROKERS is '\(text)'; expected HOST:PORT, several separated by commas")
    }

    @Test func levelsOfTheEngine() throws {
        #expect(try configuration(["GZIP_LEVEL": "0"]).gzip == GzipSettings(engine: .isal, level: 0))
        #expect(problem(["GZIP_LEVEL": "4"]) == "GZIP_LEVEL is '4'; expected 0 to 3 with --gzip-engine isal")
    }

    @Test func recordsMustFitTheMemory() throws {
        #expect(
            problem(["MEMORY_BUDGET": "32MiB"])
                == "--max-record-bytes (MAX_RECORD_BYTES) is 20MiB, more than a quarter of "
                + "--memory-budget (MEMORY_BUDGET), which is 32MiB; expected at most 8MiB")
        #expect(try configuration(["MEMORY_BUDGET": "80MiB"]).memoryBudget == 80 << 20)
    }

    @Test func authenticationIsWhole() {
        #expect(
            problem(["KAFKA_SECURITY_PROTOCOL": "sasl_ssl"])
                == "--kafka-sasl-mechanism (KAFKA_SASL_MECHANISM) is required with --kafka-security-protocol sasl_ssl")
        #expect(
            problem([
                "KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_USERNAME": "u",
            ])
                == "--kafka-sasl-password (KAFKA_SASL_PASSWORD) is required with --kafka-sasl-mechanism PLAIN")
        #expect(
            problem(["KAFKA_SASL_MECHANISM": "OAUTHBEARER"])
                == "--kafka-sasl-mechanism (KAFKA_SASL_MECHANISM) needs --kafka-security-protocol "
                + "(KAFKA_SECURITY_PROTOCOL) to be sasl_ssl or sasl_plaintext")
    }

    @Test func googlesLoginNeedsNoName() throws {
        let google = ["KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "oauthbearer"]
        #expect(try configuration(google).kafka.googleLogin == GoogleLogin())
        let named = try configuration(google.merging(["KAFKA_SASL_USERNAME": "me@example.com"]) { $1 }).kafka
        #expect(named.googleLogin == GoogleLogin(principal: "me@example.com"))
        #expect(!named.properties.contains { $0.name == "sasl.username" })
        #expect(try configuration(["KAFKA_SASL_USERNAME": "u"]).kafka.googleLogin == nil)
    }

    @Test func googlesTokensGoNowhereElse() throws {
        let google = ["KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM": "OAUTHBEARER"]
        let more = ["KAFKA_SASL_PASSWORD": "hunter2", "KAFKA_OPTIONS": "sasl.oauthbearer.method=oidc"]
        #expect(
            problem(google.merging(more) { $1 }) == """
                3 settings are wrong ('loader load --help' lists every setting):
                  --kafka-sasl-password (KAFKA_SASL_PASSWORD) is not for --kafka-sasl-mechanism OAUTHBEARER; expected none
                  --kafka-security-protocol (KAFKA_SECURITY_PROTOCOL) is sasl_plaintext: the token would be readable by \
                everyone on the way; expected sasl_ssl with --kafka-sasl-mechanism OAUTHBEARER
                  --kafka-option (KAFKA_OPTIONS) names sasl.oauthbearer.method, which cannot be set: the tokens of \
                OAUTHBEARER are Google's
                """)
        let local = ["KAFKA_BROKERS": "127.0.0.1:9092,localhost:9092,[::1]:9092"]
        #expect(problem(google.merging(local) { $1 }) == nil)
    }

    @Test func optionsDoNotRepeatSettings() {
        #expect(
            problem([:], "--kafka-option", "group.id=x", "--kafka-option", "debug=all")
                == "--kafka-option (KAFKA_OPTIONS) names group.id, which has a setting: "
                + "--kafka-consumer-group (KAFKA_CONSUMER_GROUP)")
    }

    @Test func secretsDoNotShowInDescriptions() throws {
        let set = try configuration([
            "KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_USERNAME": "u",
            "KAFKA_SASL_PASSWORD": "hunter2", "KAFKA_OPTIONS": "ssl.key.password=hunter3",
        ])
        #expect(!"\(set)".contains("hunter"))
        #expect(!String(reflecting: set).contains("hunter"))
    }

    @Test func unknownFailpointIsReportedWithTheRest() throws {
        let text = try #require(self.problem(["LOADER_FAILPOINT": "nowhere", "KAFKA_BROKERS": ""]))
        #expect(text.hasPrefix("2 settings are wrong"))
        #expect(text.contains("\n  LOADER_FAILPOINT is 'nowhere'; expected one of before-plan, after-plan,"))
    }
}

struct OtherCommandsSettingsTests {
    private let storage = ["STORAGE_URL": "file:///data"]

    @Test func status() throws {
        let last = try StatusConfiguration(arguments: [], environment: storage)
        #expect(last.kafka == nil && last.date == nil && last.hour == nil && !last.json)
        let one = try StatusConfiguration(
            arguments: ["--date=2026-11-20", "--hour", "13", "--json", "--kafka-brokers=b:1"], environment: storage)
        #expect(one.kafka?.brokers == "b:1")
        #expect(one.date == CivilDate("2026-11-20") && one.hour == 13 && one.json)
    }

    @Test func statusNeedsTheDateOfAnHour() {
        #expect(
            throws: Failure(
                .usage, "--hour (HOUR) needs --date (DATE)", remedy: "'loader status --help' lists every setting")
        ) { try StatusConfiguration(arguments: ["--hour=1"], environment: storage) }
        #expect(
            throws: Failure(
                .usage, "--date is '2026-02-30'; expected a date such as 2026-11-20",
                remedy: "'loader status --help' lists every setting")
        ) { try StatusConfiguration(arguments: ["--date=2026-02-30"], environment: storage) }
    }

    @Test func verify() throws {
        let settings = try VerifyConfiguration(
            arguments: ["--date", "2026-11-20", "--partition-layout=hive"], environment: storage)
        #expect(settings.storage.location == .directory(path: "/data"))
        #expect(settings.day == CivilDate("2026-11-20").map(VerifiedDay.day) && settings.layout == .hive)
    }

    @Test func verifyOfYesterday() throws {
        let environment = storage.merging(["DATE": "yesterday"]) { $1 }
        let settings = try VerifyConfiguration(arguments: [], environment: environment)
        #expect(settings.day == .yesterday)
        // 2026-11-21 has begun a millisecond ago, and ends in one.
        for now in [1_795_219_200_001, 1_795_305_599_999] as [Milliseconds] {
            #expect(settings.day?.date(now: now) == CivilDate("2026-11-20"))
        }
        #expect(
            throws: Failure(
                .usage, "--date is 'today'; expected a date such as 2026-11-20, or yesterday",
                remedy: "'loader verify --help' lists every setting")
        ) { try VerifyConfiguration(arguments: ["--date=today"], environment: storage) }
    }

    @Test func restore() throws {
        let names = ["dead-letter/t/2026-11-20/a.jsonl.gz", "raw/t/2026-11-20/b.jsonl.gz"]
        let dry = try RestoreConfiguration(
            arguments: names.flatMap { ["--object", $0] } + ["--dry-run"], environment: storage)
        #expect(dry.objects == names && dry.isDryRun && dry.kafka == nil && dry.topic == "raw-interactions")
        let real = try RestoreConfiguration(
            arguments: ["--object", names[0], "--kafka-brokers=b:1", "--kafka-topic=again"], environment: storage)
        #expect(real.kafka?.brokers == "b:1" && real.topic == "again" && !real.isDryRun)
    }

    @Test(arguments: ["../x.jsonl.gz", "/x.jsonl.gz", "a//x.jsonl.gz", "a/./x.jsonl.gz", "x.json"])
    func restoreTakesOnlyNamesOfObjects(name: String) {
        let failure = #expect(throws: Failure.self) {
            try RestoreConfiguration(arguments: ["--object", name, "--dry-run"], environment: storage)
        }
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains("dead-letter/TOPIC/DATE/….jsonl.gz") == true)
    }

    @Test func restoreSaysWhatIsMissing() {
        let message = """
            2 settings are wrong ('loader restore --help' lists every setting):
              --kafka-brokers (KAFKA_BROKERS) is required: HOST:PORT,…
              --object (RESTORE_OBJECTS) is required: the name of a file
            """
        #expect(throws: Failure(.usage, message)) { try RestoreConfiguration(arguments: [], environment: storage) }
    }
}
