package import Bytes
package import HTTP
package import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Calls Vertex AI: batch jobs, and a model at once. The account needs `roles/aiplatform.user`.
package struct VertexClient: Sendable {
    /// Google's own clients: from 1 s up to a minute.
    package static let retryPolicy = RetryPolicy(initial: .seconds(1), cap: .seconds(60), deadline: .seconds(300))

    private static let pageSize = 100
    private static let maxPages = 100
    private static let maxPageBytes = 32 << 20
    private static let maxJobBytes = 4 << 20
    private static let maxAnswerBytes = 16 << 20

    private let configuration: VertexConfiguration
    private let transport: any HTTPTransport
    private let authorizer: (any RequestAuthorizer)?
    private let retrying: Retrying

    /// - Parameter authorizer: nil sends no credentials, as stand-ins want it.
    package init(
        _ configuration: VertexConfiguration, transport: any HTTPTransport, authorizer: (any RequestAuthorizer)?,
        retrying: Retrying = Retrying(policy: VertexClient.retryPolicy)
    ) {
        (self.configuration, self.transport) = (configuration, transport)
        (self.authorizer, self.retrying) = (authorizer, retrying)
    }

    package var parent: String { configuration.parent }

    // MARK: - Batch jobs

    /// Makes a job, which begins at once and is paid for.
    ///
    /// One attempt: neither does the API know a request again, nor are display names unique. After an error of which
    /// `mayHaveActed` is true, `batchJobs` shows whether there is a job.
    package func createBatchJob(_ draft: BatchJobDraft) async throws(VertexError) -> BatchJob {
        let body: Data
        do {
            body = try JSONEncoder().encode(BatchJobBody(draft, model: try model(draft.model)))
        } catch {
            throw error as? VertexError ?? VertexError(unsent: "the job cannot be written as JSON")
        }
        return try job(await exchange(request(.post, jobsPath, body: HTTPBody(ByteRope(body)))))
    }

    /// All jobs of this display name, the oldest first.
    package func batchJobs(displayName: String) async throws(VertexError) -> [BatchJob] {
        struct Page: Decodable {
            var batchPredictionJobs: [BatchJob]?
            var nextPageToken: String?
        }
        let quoted = displayName.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
            .split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        var found: [String: BatchJob] = [:]
        var tokens: Set<String> = []
        var token: String?
        for _ in 0..<VertexClient.maxPages {
            var query = [("filter", "display_name=\"\(quoted)\""), ("pageSize", "\(VertexClient.pageSize)")]
            if let token { query.append(("pageToken", token)) }
            var request = request(.get, "\(jobsPath)?\(formEncoded(query))")
            request.maxResponseBytes = VertexClient.maxPageBytes
            let response = try await call(request)
            guard let page = response.decodedBody(Page.self) else {
                throw VertexError(unreadable: response, "a list of jobs")
            }
            // What stands in between may not know filters.
            for job in page.batchPredictionJobs ?? [] where job.displayName == displayName { found[job.name] = job }
            guard let next = page.nextPageToken, !next.isEmpty else {
                return found.values.sorted { ($0.createTime ?? .max, $0.name) < ($1.createTime ?? .max, $1.name) }
            }
            guard tokens.insert(next).inserted else { break }
            token = next
        }
        throw VertexError(.unreadable, message: "the list of jobs does not end")
    }

    package func batchJob(_ name: String) async throws(VertexError) -> BatchJob {
        try job(await call(request(.get, try path(ofJob: name))))
    }

    /// Asks for a job to end; it does so later, and what is answered by then stays.
    package func cancelBatchJob(_ name: String) async throws(VertexError) {
        _ = try await call(request(.post, try path(ofJob: name) + ":cancel", body: HTTPBody("{}")))
    }

    // MARK: - Models

    /// What a model answers to one request (`GenerateContentRequest` in JSON), as it came.
    package func generateContent(model name: String, body: ByteRope) async throws(VertexError) -> [UInt8] {
        let model = try model(name)
        let path = model.hasPrefix("projects/") ? "/v1/\(model)" : "/v1/\(configuration.parent)/\(model)"
        var request = request(.post, path + ":generateContent", body: HTTPBody(body))
        request.timeouts = timeouts(configuration.modelTimeout)
        request.maxResponseBytes = VertexClient.maxAnswerBytes
        return try await call(request).body
    }

    // MARK: - For all calls

    private var jobsPath: String { "/v1/\(configuration.parent)/batchPredictionJobs" }

    private func path(ofJob name: String) throws(VertexError) -> String {
        guard let location = VertexName.location(ofJob: name) else {
            throw VertexError(unsent: "“\(printable(name))” cannot be the name of a batch job")
        }
        // Another location's host would answer that there is no such job.
        guard location == configuration.location else {
            throw VertexError(unsent: "\(name) is not in \(configuration.location), which is asked for")
        }
        return "/v1/\(name)"
    }

    private func model(_ name: String) throws(VertexError) -> String {
        guard let model = VertexName.model(name) else {
            throw VertexError(unsent: "“\(printable(name))” cannot be the name of a model")
        }
        return model
    }

    private func job(_ response: HTTPResponse) throws(VertexError) -> BatchJob {
        guard let job = response.decodedBody(BatchJob.self) else {
            throw VertexError(unreadable: response, "a batch job")
        }
        return job
    }

    private func request(_ method: HTTPMethod, _ path: String, body: HTTPBody? = nil) -> HTTPRequest {
        HTTPRequest(
            method, configuration.address.description + path,
            headers: body == nil ? [:] : ["Content-Type": "application/json"], body: body,
            timeouts: timeouts(configuration.timeout), maxResponseBytes: VertexClient.maxJobBytes)
    }

    /// A transfer without bytes has not stalled: nothing comes while the service works.
    private func timeouts(_ total: Duration) -> HTTPTimeouts {
        HTTPTimeouts(stall: total, stallBytesPerSecond: 1, total: total)
    }

    /// Attempts until there is success, an error that no further attempt changes, or the deadline.
    private func call(_ request: HTTPRequest) async throws(VertexError) -> HTTPResponse {
        var attempts = retrying.begin()
        while true {
            do throws(VertexError) {
                return try await exchange(request)
            } catch {
                guard error.isTransient else { throw error }
                switch await attempts.pause(retryAfter: error.retryAfter) {
                case .over: continue
                case .pastDeadline: throw error
                case .cancelled: throw VertexError(.unanswered(.cancelled), message: "\(error)")
                }
            }
        }
    }

    /// One attempt, or two when the token was refused.
    private func exchange(_ request: HTTPRequest) async throws(VertexError) -> HTTPResponse {
        let response: HTTPResponse
        do throws(AuthorizedError) {
            response = try await transport.send(request, authorizer: authorizer)
        } catch { throw VertexError(error) }
        guard response.isSuccess else { throw VertexError(response) }
        return response
    }
}
