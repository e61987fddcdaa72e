package import VertexAI

/// What submitting and collecting need of Vertex AI.
package protocol BatchService: Sendable {
    /// `projects/…/locations/…`: jobs elsewhere are not seen.
    var parent: String { get }
    /// One attempt: see `VertexClient`.
    func createBatchJob(_ draft: BatchJobDraft) async throws(VertexError) -> BatchJob
    /// The oldest first.
    func batchJobs(displayName: String) async throws(VertexError) -> [BatchJob]
    func batchJob(_ name: String) async throws(VertexError) -> BatchJob
    func cancelBatchJob(_ name: String) async throws(VertexError)
}

extension VertexClient: BatchService {}
