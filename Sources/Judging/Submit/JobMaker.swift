internal import HTTP
internal import Logging
internal import Support
internal import VertexAI

/// Finds or creates the job of a draft. Display names are not unique, a creation may be heard without being answered, and a run
/// that was thought to be dead may wake up: so jobs of the draft's name are looked for before each creation and after it. Of
/// several the oldest counts, whoever looks, and the others are cancelled.
struct JobMaker: Sendable {
    enum Outcome {
        case made(BatchJob)
        /// There is none, and the service will not make one.
        case refused(VertexError)
        /// There may be one.
        case unknown(VertexError)
        /// Another run has taken over.
        case overtaken
    }

    let service: any BatchService
    let failpoints: Failpoints
    let retrying: Retrying
    let logger: Logger

    /// The job that counts, of those that are there.
    /// - Parameter created: is there, even if the list lags behind.
    func known(_ draft: BatchJobDraft, created: BatchJob? = nil) async throws(VertexError) -> BatchJob? {
        var found = try await service.batchJobs(displayName: draft.displayName).filter { $0.mayBe(draft) }
        if let created, !found.contains(where: { $0.name == created.name }) { found.append(created) }
        guard let oldest = found.min(by: { ($0.createTime ?? .max, $0.name) < ($1.createTime ?? .max, $1.name) })
        else { return nil }
        for double in found where double.name != oldest.name { await cancel(double) }
        return oldest
    }

    /// The job that counts once one was created.
    private func settled(_ created: BatchJob, _ draft: BatchJobDraft) async -> BatchJob {
        do throws(VertexError) { return try await known(draft, created: created) ?? created } catch {
            logger.warning(
                "nobody could look for a second job", metadata: ["job": "\(created.name)", "error": "\(error)"])
            return created
        }
    }

    /// - Parameter mayCreate: asked right before each creation.
    func make(_ draft: BatchJobDraft, mayCreate: () -> Bool) async -> Outcome {
        var pauses = retrying.begin()
        var mayBeThere = false
        while true {
            do throws(VertexError) {
                if let known = try await known(draft) { return .made(known) }
            } catch {
                return .unknown(error)
            }
            failpoints.hit(.beforeCreate)
            guard mayCreate() else { return .overtaken }
            let failed: VertexError
            do throws(VertexError) {
                let created = try await service.createBatchJob(draft)
                let counting = await settled(created, draft)
                return .made(counting)
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
