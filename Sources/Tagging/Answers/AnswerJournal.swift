internal import Bytes
internal import Interactions
package import ObjectStorage
package import Support

/// Makes answers durable, many at a time: all that come while one object is written go into the next.
///
/// `append` returns once the answer is in the store. So a killed run has lost no answer but those that nobody was told of.
package actor AnswerJournal {
    /// Objects of a run that are joined into one.
    static let partsToJoin = 200
    private static let removalsAtOnce = 16

    struct Waiter {
        var lines: [AnswerLines.Line]
        var continuation: CheckedContinuation<Failure?, Never>
    }

    private let store: any ObjectStore
    /// What its objects' names begin with: the folder of the day, and the run.
    private let prefix: String
    private(set) var waiting: [Waiter] = []
    private var isWriting = false
    private var failure: Failure?
    private var written = 0
    private var joining: Task<Void, Never>?
    /// In objects that are not joined yet.
    private var parts: [ObjectInfo] = []
    private var lines: [AnswerLines.Line] = []

    package init(store: any ObjectStore, prefix: String) { (self.store, self.prefix) = (store, prefix) }

    /// Returns when the answers are stored.
    package func append(_ lines: AnswerLines.Line...) async throws(Failure) { try await append(lines) }

    package func append(_ lines: [AnswerLines.Line]) async throws(Failure) {
        let failed = await withCheckedContinuation { continuation in
            waiting.append(Waiter(lines: lines, continuation: continuation))
            if !isWriting {
                isWriting = true
                Task { await self.writeAll() }
            }
        }
        if let failed { throw failed }
    }

    /// Joins what this run wrote into one object: the next run has less to read. Nothing is lost if it fails.
    package func close() async {
        await joining?.value
        guard !isWriting else { return }
        if parts.count > 1 { await join() }
    }

    private func writeAll() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            if failure == nil {
                do throws(Failure) {
                    parts.append(try await write(batch.flatMap(\.lines)))
                    lines += batch.flatMap(\.lines)
                } catch {
                    failure = error
                }
            }
            for waiter in batch { waiter.continuation.resume(returning: failure) }
            if parts.count >= Self.partsToJoin, joining == nil {
                // Beside the writing: who waits for an answer to be durable does not wait for this.
                joining = Task {
                    await self.join()
                    self.joining = nil
                }
            }
        }
        isWriting = false
    }

    private func write(_ lines: [AnswerLines.Line]) async throws(Failure) -> ObjectInfo {
        let buffer = ByteBuffer()
        buffer.append(AnswerLines.header)
        for line in lines { AnswerLines.append(line, to: buffer) }
        written += 1
        let name = "\(prefix)-\(padded(written, 6)).txt"
        let outcome = try await store.create(
            name, content: ByteRope(buffer.bytes), contentType: "text/plain; charset=utf-8")
        guard case .created(let info) = outcome else {
            throw Failure(
                .conflict, "\(store.location)/\(name) was written by another run", remedy: "run again")
        }
        return info
    }

    private func join() async {
        let (joined, lines) = (parts, lines)
        // Once only: parts that could not be joined stay as they are.
        (parts, self.lines) = ([], [])
        guard (try? await write(lines)) != nil else { return }
        _ = try? await concurrently(joined, limit: Self.removalsAtOnce) { [store] part throws(Failure) in
            _ = try? await store.remove(part.name, ifGeneration: part.generation)
        }
    }
}
