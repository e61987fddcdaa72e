internal import HTTP
internal import Logging
internal import Support
internal import VertexAI

/// Finds or creates the job of a draft. Display names are not unique, and a creation may be heard without being answered: so
/// jobs of the draft's name are looked for before each creation.
struct JobMaker: Sendable {
    enum Outcome {
        case made(BatchJob)
        /// There is none, and the service will not make one.
        case refused(VertexError)
        /// There may be one.
        case unknown(VertexError)
    }

    let service: any BatchService
    let failpoints: Failpoints
    let retrying: Retrying
    let logger: Logger

    /// The job that is there already; of several the oldest, and the others are cancelled.
    func known(_ draft: BatchJobDraft) async throws(VertexError) -> BatchJob? {
        let found = try await service.batchJobs(displayName: draft.displayName)
        guard let first = found.first else { return nil }
        for double in found.dropFirst() { await cancel(double) }
        return first
    }

    func make(_ draft: BatchJobDraft) async -> Outcome {
        var pauses = retrying.begin()
        var mayBeThere = false
        while true {
            do throws(VertexError) {
                if let known = try await known(draft) { return .made(known) }
            } catch {
                return .unknown(error)
            }
            failpoints.hit(.beforeCreate)
            let failed: VertexError
            do throws(VertexError) {
                let created = try await service.createBatchJob(draft)
                return .made(created)
            } catch {
                failed = error
            }
            mayBeThere = mayBeThere || failed.mayHaveActed
            guard failed.isTransient || failed.mayHaveActed else {
                return mayBeThere ? .unknown(failed) : .refused(failed)
            }
            logger.warning(
                "no answer to the creation of a job; looking whether it is there",
                metadata: ["display_name": "\(draft.displayName)", "error": "\(failed)"])
            guard await pauses.pause(retryAfter: failed.retryAfter) == .over else { return .unknown(failed) }
        }
    }

    /// Of a job that does not count.
    func cancel(_ double: BatchJob) async {
        guard !double.state.isEnded else { return }
        do throws(VertexError) {
            try await service.cancelBatchJob(double.name)
            logger.warning("a second job of the same requests was cancelled", metadata: ["job": "\(double.name)"])
        } catch {
            logger.warning(
                "a second job of the same requests could not be cancelled",
                metadata: ["job": "\(double.name)", "error": "\(error)"])
        }
    }
}
