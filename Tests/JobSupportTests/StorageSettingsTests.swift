import JobSupport
import ObjectStorage
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
        ("gs://my-bucket", "my-bucket", ""), ("gs://my-bucket/", "my-bucket", ""),
        ("gs://my.bucket_1/a/b/", "my.bucket_1", "a/b/"), ("gs://my-bucket//a//b", "my-bucket", "a/b/"),
    ])
    func buckets(url: String, bucket: String, prefix: String) throws {
        guard case .bucket(let place) = try read(["STORAGE_URL": url]).location else {
            throw Failure(.failure, "not a bucket")
        }
        #expect((place.bucket, place.prefix) == (bucket, prefix))
    }

    @Test(arguments: ["/", "/var/data", "/with space/é"])
    func directories(path: String) throws {
        #expect(try read(["STORAGE_URL": "file://\(path)"]).location == .directory(path: path))
    }

    @Test(arguments: [
        "my-bucket", "gs://", "gs://My-Bucket", "gs://ab", "gs://-abc", "gs:///a", "gs://abc/../d", "file://host/a",
        "file:data", "s3://abc", "gs://abc/a\nb", "file:///a/../b", "file:///a/./b", "file:///a/..", "file:///a%20b",
        "gs://" + String(repeating: "x", count: 64),
    ])
    func wrongLocations(url: String) throws {
        let text = try #require(self.problem([:], "--storage-url", url))
        #expect(
            text.hasPrefix("--storage-url is '")
                && text.hasSuffix(
                    "expected gs://BUCKET/PREFIX, with a BUCKET of 3 to 63 characters, or file:///DIRECTORY, "
                        + "without .. and %")
        )
    }

    @Test func theSettingThatNamesThePlaceIsKnown() throws {
        #expect(try read(["STORAGE_URL": "gs://abc"]).namedBy == "--storage-url (STORAGE_URL)")
        #expect(try read([:], "--gcs-bucket-name", "abc").namedBy == "--gcs-bucket-name (GCS_BUCKET_NAME)")
    }

    @Test func olderNameOfTheBucket() throws {
        #expect(try read(["GCS_BUCKET_NAME": "abc"]).location == .bucket(try GCSLocation("gs://abc")))
        for wrong in ["gs://abc", "ab", "abc/d"] {
            #expect(
                problem(["GCS_BUCKET_NAME": wrong])
                    == "GCS_BUCKET_NAME is '\(wrong)'; expected the name of a bucket, 3 to 63 characters, without gs://"
            )
        }
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
        #expect(
            try read(["STORAGE_URL": "gs://abc", "STORAGE_EMULATOR_HOST": text]).emulator
                == GCSEndpoint(emulatorHost: url))
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
