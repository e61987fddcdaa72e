internal import HTTP
package import Support

extension AnthropicClient {
    private static let batchesPath = "/v1/messages/batches"
    private static let pageSize = 100
    private static let maxPages = 100

    /// Makes a batch of at least one request.
    ///
    /// It is not tried again when the API may have made it (`mayHaveActed`): a second one would be paid too. Then `batches`
    /// shows whether there is one that was made since.
    package func createBatch(_ body: BatchBody) async throws(AnthropicError) -> Batch {
        try await batch(
            request(.post, AnthropicClient.batchesPath, body: HTTPBody(body.finished)), isRepeatable: false)
    }

    package func batch(_ id: String) async throws(AnthropicError) -> Batch {
        try await batch(request(.get, path(id)))
    }

    /// Asks the API to stop answering. What was answered until then is among the results, and billed.
    package func cancelBatch(_ id: String) async throws(AnthropicError) -> Batch {
        try await batch(request(.post, path(id) + "/cancel"))
    }

    /// The batches of the key's workspace, the newest first.
    /// - Parameter since: without those made before then.
    package func batches(since: Milliseconds) async throws(AnthropicError) -> [Batch] {
        struct Page: Decodable {
            var data: [Batch]
            var has_more: Bool?
        }
        var found: [Batch] = []
        var seen: Set<String> = []
        var last: String?
        for _ in 0..<AnthropicClient.maxPages {
            let after = last.map { "&after_id=\($0)" } ?? ""
            let response = try await call(
                request(.get, "\(AnthropicClient.batchesPath)?limit=\(AnthropicClient.pageSize)\(after)"))
            guard let page = response.decodedBody(Page.self) else {
                throw AnthropicError(unreadable: response, "a list of batches")
            }
            let new = page.data.filter { seen.insert($0.id).inserted }
            found += new.filter { $0.createdAt.map { $0 >= since } ?? true }
            last = page.data.last?.id
            let isPast = page.data.last?.createdAt.map { $0 < since } ?? false
            if page.has_more != true || isPast || page.data.isEmpty { return found }
            guard !new.isEmpty else { break }
        }
        throw AnthropicError(.refused, message: "its list of batches does not end")
    }

    /// The results of a batch that has ended. They are held in memory: at most `maxResultBytes` of the configuration.
    ///
    /// Where the API says that they are (`results_url`) does not count: behind a gateway it is another host, to which the key
    /// must not go.
    package func results(of batch: Batch) async throws(AnthropicError) -> BatchResults {
        var request = request(.get, try path(batch.id) + "/results")
        request.maxResponseBytes = configuration.maxResultBytes
        return BatchResults(lines: try await call(request).body)
    }

    private func batch(_ request: HTTPRequest, isRepeatable: Bool = true) async throws(AnthropicError) -> Batch {
        let response = try await call(request, isRepeatable: isRepeatable)
        guard let batch = response.decodedBody(Batch.self) else {
            throw AnthropicError(unreadable: response, "a batch")
        }
        return batch
    }

    private func path(_ id: String) throws(AnthropicError) -> String {
        guard Batch.isID(id) else {
            throw AnthropicError(.refused, message: "“\(printable(id))” cannot be the id of a batch")
        }
        return "\(AnthropicClient.batchesPath)/\(id)"
    }
}
