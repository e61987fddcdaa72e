internal import HTTP

/// What the lists of the API hold: projects, datasets, tags.
protocol ListedObject: Decodable, Sendable {
    var id: String { get }
}

extension BraintrustClient {
    private static let pageSize = 1000
    private static let maxPages = 100
    static let maxListBytes = 16 << 20
    /// Objects carry metadata of any shape.
    static let maxListDepth = 256

    private struct Page<Object: Decodable>: Decodable { var objects: [Object] }

    /// All pages of `GET <path>`, the newest first, each object once.
    /// - Parameter what: what it lists, for messages.
    func list<Object: ListedObject>(
        _ path: String, _ query: [(String, String?)], what: String
    ) async throws(BraintrustError) -> [Object] {
        var objects: [Object] = []
        var seen: Set<String> = []
        for _ in 0..<BraintrustClient.maxPages {
            let response = try await call(
                get(
                    path,
                    [("limit", "\(BraintrustClient.pageSize)"), ("starting_after", objects.last?.id)] + query
                        + [("org_name", configuration.organization)],
                    maxResponseBytes: BraintrustClient.maxListBytes))
            guard let page = response.decodedBody(Page<Object>.self, maxDepth: BraintrustClient.maxListDepth) else {
                throw BraintrustError(unreadable: response, "the answer is not a list of \(what)")
            }
            // How many a page holds is the server's choice, so only an empty one is the last.
            if page.objects.isEmpty { return objects }
            let new = page.objects.filter { seen.insert($0.id).inserted }
            guard !new.isEmpty else {
                throw BraintrustError(unreadable: response, "the list of \(what) begins again instead of ending")
            }
            objects += new
        }
        throw BraintrustError(
            .unreadable, message: "the list of \(what) does not end after \(BraintrustClient.maxPages) pages")
    }
}
