import JobSupport
import ObjectStore
import Support
import TestSupport
import Testing

@Suite struct StoreFactoryTests {
    @Test(arguments: [
        ("file:///tmp/a%20b/", "file:///tmp/a b"), ("file:///tmp", "file:///tmp"), ("file:///tmp//x", "file:///tmp/x"),
    ])
    func directories(url: String, location: String) throws {
        let store = try StoreFactory.make(StoreConfiguration(url: url, environment: [:]))
        #expect(store.location == location)
    }

    @Test(arguments: [
        "", "bucket", "s3://bucket/x", "/tmp/x", "file://", "file:///", "file://host/x", "file:///a/../b", "gs://",
        "gs://B/x",
    ])
    func otherPlaces(url: String) throws {
        let failure = try #require(throws: Failure.self) {
            try StoreFactory.make(StoreConfiguration(url: url, environment: [:]))
        }
        #expect(failure.status == .usage)
        #expect(failure.remedy.contains("gs://BUCKET") || failure.remedy.contains("file:///DIRECTORY"))
    }

    @Test func anEmulatorNeedsNoCredentials() async throws {
        let server = try LoopbackGCS()
        let configuration = StoreConfiguration(
            url: "gs://\(LoopbackGCS.bucket)/p", emulatorHost: server.origin, headers: [("X-Custom", "1")],
            environment: ["GOOGLE_APPLICATION_CREDENTIALS": "/does/not/exist"])
        let store = try StoreFactory.make(configuration)
        #expect(try await store.info("a") == nil)
        let request = try #require(server.requests.first)
        #expect(request.header("Authorization") == nil)
        #expect(request.header("X-Custom") == "1")
    }

    @Test func withoutAnEmulatorCredentialsMustExist() throws {
        let configuration = StoreConfiguration(
            url: "gs://bucket", environment: ["GOOGLE_APPLICATION_CREDENTIALS": "/does/not/exist"])
        let failure = try #require(throws: Failure.self) { try StoreFactory.make(configuration) }
        #expect(failure.status == .noPermission)
    }
}
