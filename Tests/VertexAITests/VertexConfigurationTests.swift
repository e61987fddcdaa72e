import HTTP
import Support
import Testing

@testable import VertexAI

@Suite struct VertexConfigurationTests {
    @Test(arguments: [
        ("global", "https://aiplatform.googleapis.com"),
        ("us-central1", "https://us-central1-aiplatform.googleapis.com"),
        ("us", "https://aiplatform.us.rep.googleapis.com"), ("eu", "https://aiplatform.eu.rep.googleapis.com"),
        ("europe-west4", "https://europe-west4-aiplatform.googleapis.com"),
    ])
    func theHostOfALocation(location: String, address: String) throws {
        let configuration = try VertexConfiguration(project: "p", location: location)
        #expect(configuration.address.description == address)
        #expect(configuration.parent == "projects/p/locations/\(location)")
    }

    @Test func anAddressOfItsOwn() throws {
        let configuration = try VertexConfiguration(
            project: "123", location: "global", baseURL: "http://127.0.0.1:8080/vertex/")
        #expect(configuration.address.description == "http://127.0.0.1:8080/vertex")
        let failure = try #require(throws: Failure.self) {
            try VertexConfiguration(project: "123", location: "global", baseURL: "http://example.com")
        }
        #expect(failure.status == .usage)
        #expect(failure.message.contains("GOOGLE_VERTEX_BASE_URL"))
    }

    @Test(arguments: [
        ("", "global"), ("a/b", "global"), ("..", "global"), ("p q", "global"), ("p", ""), ("p", "us/x"), ("p", "US"),
        ("p", "example.com#"), (String(repeating: "p", count: 200), "us"), ("p\n", "us"),
    ])
    func whatCannotBe(project: String, location: String) throws {
        let failure = try #require(throws: Failure.self) {
            try VertexConfiguration(project: project, location: location)
        }
        #expect(failure.status == .usage)
    }

    @Test(
        arguments: [
            ("gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"), ("a/b@001", "publishers/a/models/b@001"),
            ("publishers/google/models/gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"),
            ("projects/p/locations/l/models/1", "projects/p/locations/l/models/1"), ("models/1", "models/1"),
            ("", nil), ("models", nil), ("a/b/c", nil), ("a//b", nil), ("../b", nil), ("a?b", nil), ("a b", nil),
            ("publishers/google/models/..", nil), (String(repeating: "m", count: 501), nil),
        ] as [(String, String?)])
    func modelsInFull(text: String, name: String?) {
        #expect(VertexName.model(text) == name)
    }

    @Test(
        arguments: [
            ("projects/1/locations/us-central1/batchPredictionJobs/2", "us-central1"),
            ("projects/example.com:p/locations/eu/batchPredictionJobs/a_B", "eu"), ("", nil),
            ("projects/1/locations/us/batchPredictionJobs/", nil),
            ("projects/1/locations/us/batchPredictionJobs/..", nil),
            ("projects/1/locations/us/batchPredictionJobs/1/2", nil), ("projects/1/locations/us/customJobs/1", nil),
            ("/projects/1/locations/us/batchPredictionJobs/1", nil),
            ("projects/1/locations/us/batchPredictionJobs/1?x", nil),
        ] as [(String, String?)])
    func namesOfJobs(name: String, location: String?) {
        #expect(VertexName.location(ofJob: name) == location)
    }
}
