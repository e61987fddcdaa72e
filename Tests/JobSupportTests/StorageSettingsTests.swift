import JobSupport
import Support
import Testing

struct StorageSettingsTests {
    private static let table = SettingsTable("job", "Does it.", [StorageSettings.group, LogSettings.group])

    private func read(_ environment: [String: String], _ arguments: String...) throws -> StorageConfiguration {
        var reader = SettingsReader(Self.table, arguments: arguments, environment: environment)
        let configuration = StorageSettings.read(&reader)
        try reader.finish()
        return configuration
    }

    private func problem(_ environment: [String: String], _ arguments: String...) -> String? {
        var reader = SettingsReader(Self.table, arguments: arguments, environment: environment)
        _ = StorageSettings.read(&reader)
        do {
            try reader.finish()
            return nil
        } catch {
            return error.message
        }
    }

    @Test(arguments: [
        ("gs://my-bucket", StorageLocation.bucket(name: "my-bucket", prefix: "")),
        ("gs://my-bucket/", .bucket(name: "my-bucket", prefix: "")),
        ("gs://my.bucket_1/a/b/", .bucket(name: "my.bucket_1", prefix: "a/b/")),
        ("gs://my-bucket//a", .bucket(name: "my-bucket", prefix: "a/")),
        ("file:///", .directory(path: "/")), ("file:///var/data", .directory(path: "/var/data")),
    ])
    func locations(url: String, expected: StorageLocation) throws {
        #expect(try read(["STORAGE_URL": url]).location == expected)
    }

    @Test(arguments: [
        "my-bucket", "gs://", "gs://My-Bucket", "gs://ab", "gs://-abc", "gs:///a", "gs://abc/../d", "file://host/a",
        "file:data", "s3://abc", "gs://abc/a\nb",
    ])
    func wrongLocations(url: String) throws {
        let text = try #require(self.problem([:], "--storage-url", url))
        #expect(
            text.hasPrefix("--storage-url is '")
                && text.hasSuffix("expected gs://BUCKET/PREFIX or file:///DIRECTORY"))
    }

    @Test func olderNameOfTheBucket() throws {
        #expect(try read(["GCS_BUCKET_NAME": "abc"]).location == .bucket(name: "abc", prefix: ""))
        #expect(
            problem(["GCS_BUCKET_NAME": "gs://abc"])
                == "GCS_BUCKET_NAME is 'gs://abc'; expected the name of a bucket, without gs://")
    }

    @Test func exactlyOneOfBothIsGiven() {
        #expect(problem([:]) == "--storage-url (STORAGE_URL) is required: gs://BUCKET/PREFIX or file:///DIRECTORY")
        #expect(
            problem(["GCS_BUCKET_NAME": "abc"], "--storage-url", "gs://abc")
                == "--storage-url (STORAGE_URL) and --gcs-bucket-name (GCS_BUCKET_NAME) say the same thing; expected one of them"
        )
    }

    @Test(arguments: [
        ("127.0.0.1:4443", "http://127.0.0.1:4443"), ("http://localhost:4443/", "http://localhost:4443"),
        ("HTTPS://emulator", "HTTPS://emulator"), ("[::1]:80", "http://[::1]:80"),
    ])
    func emulators(text: String, url: String) throws {
        #expect(try read(["STORAGE_URL": "gs://abc", "STORAGE_EMULATOR_HOST": text]).emulatorURL == url)
    }

    @Test(arguments: ["http://", "http://a/b", "http://user@a", "a b"])
    func wrongEmulators(text: String) {
        #expect(
            problem(["STORAGE_URL": "gs://abc", "STORAGE_EMULATOR_HOST": text])
                == "STORAGE_EMULATOR_HOST is '\(text)'; expected HOST:PORT or http://HOST:PORT")
    }

    @Test func headers() throws {
        let headers = try read(["STORAGE_URL": "gs://abc", "STORAGE_HEADERS": #"X-A: 1\,2, x-b:3"#]).headers
        #expect(headers == [StorageConfiguration.Header("X-A", "1,2"), StorageConfiguration.Header("x-b", "3")])
    }

    @Test(arguments: ["nothing", ": x", "a b: x", "a: x\r\nb: y", "a: é"])
    func wrongHeadersAreNotShown(line: String) {
        #expect(
            problem(["STORAGE_URL": "gs://abc"], "--storage-headers", line)
                == "--storage-headers has a wrong value; expected 'Name: value' with visible ASCII characters")
    }

    @Test func headerValuesDoNotShowInDescriptions() throws {
        let configuration = try read(["STORAGE_URL": "gs://abc", "STORAGE_HEADERS": "x-key: hunter2"])
        #expect("\(configuration)".contains("x-key: …"))
        #expect(!"\(configuration)".contains("hunter2"))
    }

    @Test func howToLogIsKnownAlthoughTheRestIsWrong() {
        let log = LogSettings.readAlone(
            Self.table, arguments: ["--nonsense", "--log-format", "json"], environment: ["LOG_LEVEL": "DEBUG"])
        #expect(log.format == .json)
        #expect("\(log.level)" == "debug")
    }
}
