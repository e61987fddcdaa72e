import Foundation
import StandIns
import Support

/// The stand-ins that the demo's programs talk to, in this process.
struct DemoServices {
    let url: String
    private let serving: Task<Void, any Error>

    /// The datasets that are there from the start; what tags they want stands in their descriptions.
    private static let datasets = [
        ("deployments", #"Questions about operations. [[relevant_tags: ["deployment"]]]"#),
        ("customers", #"[[relevant_tags: ["order problem", "account access"]]] Checked by hand every month."#),
        ("by hand", "Nothing comes here by itself."),
    ]

    /// - Parameter store: where the programs' files are.
    static func start(store: URL) async throws -> DemoServices {
        var settings = StandInSettings()
        settings.batchSteps = 2
        settings.retiredModels = ["gemini-2.5-flash"]
        settings.rowFaults = [.errored: 0.01, .truncated: 0.01, .missing: 0.005, .thought: 0.05]
        let seed = ["dataset": datasets.map { ["project_name": "demo", "name": $0.0, "description": $0.1] }]
        let server = try StandInServer(
            settings, seed: Array(try JSONEncoder().encode(seed)),
            store: try JobStore(url: "file://\(store.path)", emulator: nil))
        let (urls, found) = AsyncStream<String>.makeStream()
        let serving = Task {
            defer { found.finish() }
            try await server.run(port: 0) { found.yield($0) }
        }
        guard let url = await urls.first(where: { _ in true }) else {
            throw Failure(.unavailable, "the stand-ins do not start")
        }
        return DemoServices(url: url, serving: serving)
    }

    func stop() { serving.cancel() }

    /// What leads a program to them.
    var environment: [String: String] {
        [
            "ANTHROPIC_BASE_URL": "\(url)/anthropic", "ANTHROPIC_API_KEY": StandInSettings().key,
            "BRAINTRUST_API_URL": "\(url)/braintrust", "BRAINTRUST_API_KEY": StandInSettings().key,
            "GOOGLE_VERTEX_BASE_URL": "\(url)/vertex", "GCP_PROJECT": "devcloud", "GCP_LOCATION": "us-central1",
            "GCE_METADATA_HOST": String(url.dropFirst("http://".count)),
            // No credentials of gcloud's are there.
            "CLOUDSDK_CONFIG": "/nonexistent",
        ]
    }
}
