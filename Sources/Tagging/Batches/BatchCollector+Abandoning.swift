internal import Anthropic
internal import JobSupport
internal import Logging
internal import Support

extension BatchCollector {
    /// Lets go of a batch of another way of tagging: no answer of it fits any more. One that is still at work is cancelled,
    /// since only what is answered by then has to be paid; its state goes with its end.
    func abandon(_ listed: BatchStates.Stored) async throws(Failure) {
        _ = try await leases.whileHeld(BatchStates.lease(listed.name)) { () throws(Failure) in
            if let stored = try await states.read(listed.name), try await isOver(stored.state) {
                try await states.remove(stored)
            }
        }
    }

    private func isOver(_ state: BatchState) async throws(Failure) -> Bool {
        // Nobody knows which it is, or whether it was made.
        guard let id = state.batch else { return wallClock.now() > state.createdAtMs + Self.creationWindow }
        do throws(AnthropicError) {
            let batch = try await client.batch(id)
            if batch.status == .inProgress { _ = try await client.cancelBatch(id) }
            logger.warning(
                "a batch of another model, prompt or taxonomy is given up", metadata: ["batch": "\(id)"])
            return batch.status == .ended
        } catch {
            if error.status == 404, error.type == "not_found_error" { return true }
            if case .stop(let failure) = CallPolicy.decision(error) { throw failure }
            logger.warning("a batch cannot be given up now", metadata: ["batch": "\(id)", "error": "\(error)"])
            return false
        }
    }
}
