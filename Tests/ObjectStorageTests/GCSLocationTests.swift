import HTTP
import Support
import Testing
import TestSupport

@testable import ObjectStorage

@Suite struct GCSLocationTests {
    @Test(arguments: [
        ("gs://bucket", "bucket", "", "gs://bucket"), ("gs://bucket/", "bucket", "", "gs://bucket"),
        ("gs://my.bucket_1-x/a/b//", "my.bucket_1-x", "a/b/", "gs://my.bucket_1-x/a/b"),
        ("gs://bucket//a//b", "bucket", "a/b/", "gs://bucket/a/b"),
    ])
    func parts(url: String, bucket: String, prefix: String, description: String) throws {
        let place = try GCSLocation(url)
        #expect(place.bucket == bucket)
        #expect(place.prefix == prefix)
        #expect(place.description == description)
        #expect(place.url(of: "x") == description + "/x")
    }

    @Test(arguments: [
        "", "bucket", "s3://bucket", "gs://", "gs://ab", "gs://Bucket", "gs://bucket/a/../b", "gs://b@cket/x",
        "gs://-bucket", "gs://bucket_", "gs:///a",
    ])
    func refused(url: String) throws {
        let failure = try #require(throws: Failure.self) { try GCSLocation(url) }
        #expect(failure.status == .usage)
        #expect(failure.remedy.contains("gs://BUCKET/PREFIX"))
    }

    @Test(arguments: ["127.0.0.1:4443", "http://127.0.0.1:4443", "http://127.0.0.1:4443/"])
    func emulatorsComeWithAndWithoutScheme(host: String) throws {
        #expect(try GCSEndpoint(emulatorHost: host).origin == "http://127.0.0.1:4443")
    }

    @Test func anEmulatorThatIsNone() throws {
        for text in ["not a host", "http://host/path", "http://", "http://user@host"] {
            #expect(throws: Failure.self) { try GCSEndpoint(emulatorHost: text) }
        }
    }

    @Test func onlyGooglesOwnSessionsAreFollowed() throws {
        let own = "https://storage.googleapis.com/upload/storage/v1/b/x/o?upload_id=1"
        #expect(GCSEndpoint.google.session(own) == own)
        for other in [
            "http://storage.googleapis.com/x", "https://storage.googleapis.com.evil.example/x", "/upload", "",
        ] {
            #expect(GCSEndpoint.google.session(other) == nil)
        }
        let emulator = try GCSEndpoint(emulatorHost: "127.0.0.1:4443")
        #expect(emulator.session("http://0.0.0.0:80/upload?id=1") == "http://127.0.0.1:4443/upload?id=1")
    }

    @Test func checksumsAreBigEndian() {
        // The CRC-32C of "123456789" (RFC 3720's check value).
        #expect(base64(crc32c: 0xE306_9283) == "4waSgw==")
        #expect(parseCRC32C(base64: "4waSgw==") == 0xE306_9283)
        #expect(parseCRC32C(base64: "4waS") == nil)
        #expect(parseCRC32C(base64: "?") == nil)
    }

    @Test func theChecksumHeaderInEveryForm() {
        func crc(_ pairs: [(String, String)]) -> UInt32? {
            HTTPResponse(status: 200, headers: HTTPHeaders(pairs), body: []).storedCRC32C
        }
        #expect(crc([("x-goog-hash", "crc32c=4waSgw==,md5=abc")]) == 0xE306_9283)
        #expect(crc([("X-Goog-Hash", "md5=abc"), ("X-Goog-Hash", "crc32c=4waSgw==")]) == 0xE306_9283)
        #expect(crc([("x-goog-hash", "md5=abc, crc32c=4waSgw==")]) == 0xE306_9283)
        #expect(crc([]) == nil)
    }
}
