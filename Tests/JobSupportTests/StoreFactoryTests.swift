import JobSupport
import ObjectStorage
import Support
import TestSupport
import Testing

@Suite struct StoreFactoryTests {
    private static let broken = ["GOOGLE_APPLICATION_CREDENTIALS": "/does/not/exist"]

    @Test func aDirectoryNeedsNothingElse() throws {
        let configuration = StorageConfiguration(location: .directory(path: "/tmp/x/"))
        #expect(try StoreFactory.make(configuration, environment: Self.broken).location == "file:///tmp/x/")
    }

    @Test func aDirectoryThatIsNotThereIsTold() throws {
        func configuration(_ path: String) -> StorageConfiguration {
            StorageConfiguration(location: .directory(path: path), namedBy: "--store (STORE)")
        }
        try configuration("/").requireThere()
        let failure = try #require(throws: Failure.self) { try configuration("/proc/self/x/y/").requireThere() }
        #expect(failure.status == .noInput)
        #expect(failure.message == "file:///proc/self/x/y does not exist")
        #expect(failure.remedy == "check --store (STORE): nothing was ever stored there")
        try StorageConfiguration(location: .bucket(try GCSLocation("gs://bucket"))).requireThere()
    }

    @Test func anEmulatorNeedsNoCredentials() async throws {
        let server = try LoopbackGCS()
        let configuration = StorageConfiguration(
            location: .bucket(try GCSLocation("gs://\(LoopbackGCS.bucket)/a/b")),
            headers: [StorageConfiguration.Header("X-Custom", "1")],
            emulator: try GCSEndpoint(emulatorHost: server.origin))
        let store = try StoreFactory.make(configuration, environment: Self.broken)
        #expect(store.location == "gs://\(LoopbackGCS.bucket)/a/b")
        #expect(try await store.info("c") == nil)
        let request = try #require(server.requests.first)
        #expect(request.path.hasSuffix("/o/a%2Fb%2Fc"))
        #expect(request.header("Authorization") == nil)
        #expect(request.header("X-Custom") == "1")
    }

    @Test func whatNamesABucketThatDoesNotExistIsTold() async throws {
        let server = try LoopbackGCS()
        let configuration = StorageConfiguration(
            location: .bucket(try GCSLocation("gs://misspelt")), namedBy: "--store (STORE)",
            emulator: try GCSEndpoint(emulatorHost: server.origin))
        let store = try StoreFactory.make(configuration, environment: [:])
        let failure = try await #require(throws: Failure.self) {
            try await store.list(prefix: "", from: nil, delimiter: nil)
        }
        #expect(failure.status == .cannotCreate)
        #expect(failure.remedy == "create the bucket misspelt, or correct --store (STORE)")
    }

    @Test func withoutAnEmulatorCredentialsMustExist() throws {
        let configuration = StorageConfiguration(
            location: .bucket(try GCSLocation("gs://bucket")), credentialsPath: "/does/not/exist")
        let failure = try #require(throws: Failure.self) { try StoreFactory.make(configuration, environment: [:]) }
        #expect(failure.status == .noPermission)
        #expect(failure.message.contains("/does/not/exist"))
    }
}
