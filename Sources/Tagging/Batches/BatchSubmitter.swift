package import Anthropic
internal import JobSupport
package import Logging
package import ObjectStorage
package import Support

/// Puts what is to be asked into Message Batches.
package struct BatchSubmitter: Sendable {
    /// A batch is built in memory.
    static let maxBytes = 64 << 20

    package let store: any ObjectStore
    package let rules: TaggingRules
    package let asker: Asker
    package let client: AnthropicClient
    package let states: BatchStates
    package let leases: LeaseKeeper
    package let failpoints: Failpoints
    package let wallClock: any WallClock
    /// The run, for names.
    package let run: String
    package let maxRequests: Int
    package let logger: Logger

    /// One that is being filled.
    private struct Filling {
        var body: BatchBody
        var files: [String] = []
        var oneRequest = ""
        /// In which batch each is: the place in `made`, behind whose end is the one that is being filled.
        var keys: [ContentKey: Int] = [:]
        var made: [BatchStates.Stored] = []
    }

    /// - Returns: how many batches were made.
    package func submit(_ files: [RawFile]) async throws(Failure) -> Int {
        var filling = Filling(body: BatchBody(maxBytes: Self.maxBytes, maxRequests: maxRequests))
        var leased: [String] = []
        do throws(Failure) {
            for file in files {
                let lease = rules.names.lease(file.object.name)
                guard try await leases.take(lease) else { continue }
                leased.append(lease)
                guard try await add(file, &filling) else { break }
            }
            try await submit(&filling)
        } catch {
            for lease in leased { await leases.giveBack(lease) }
            throw error
        }
        for lease in leased { await leases.giveBack(lease) }
        return filling.made.count
    }

    /// False when the budget is used up.
    private func add(_ file: RawFile, _ filling: inout Filling) async throws(Failure) -> Bool {
        let reader = rules.reader()
        var lines = StoredLines(file.object, in: store)
        var number = 0
        var batchesOfOthers: Set<Int> = []
        while let batch = try await lines.next() {
            var questions: [Question] = []
            try batch.forEach { line throws(Failure) in
                number += 1
                guard let record = reader.read(line) else { throw notARecord(file.object.name, line: number) }
                guard let key = record.key else { return }
                if let asked = filling.keys[key] {
                    batchesOfOthers.insert(asked)
                    return
                }
                questions.append(rules.question(reader, key))
            }
            let known = await asker.desk.known(questions.map(\.key))
            for (question, known) in zip(questions, known) where known == nil {
                guard filling.keys[question.key] == nil else { continue }
                guard await asker.gate.reserve(asker.form.most(question, isBatch: true)) else {
                    try await wait(file.object.name, for: batchesOfOthers, &filling)
                    return false
                }
                try await add(question, of: file.object.name, &filling)
            }
        }
        try await wait(file.object.name, for: batchesOfOthers, &filling)
        return true
    }

    /// A file whose contents other files have, too, waits for the batches that these are in: nobody is to ask again.
    private func wait(_ file: String, for batches: Set<Int>, _ filling: inout Filling) async throws(Failure) {
        for place in batches {
            guard place < filling.made.count else {
                if filling.files.last != file { filling.files.append(file) }
                continue
            }
            guard !filling.made[place].state.files.contains(file) else { continue }
            filling.made[place].state.files.append(file)
            do throws(Failure) {
                filling.made[place] = try await states.update(filling.made[place])
            } catch {
                // Another run has collected it.
                guard error.status == .conflict else { throw error }
            }
        }
    }

    private func add(_ question: Question, of file: String, _ filling: inout Filling) async throws(Failure) {
        // There is no second try in a batch, and room that is not used costs nothing.
        let room = asker.form.maxTokens * QuestionForm.moreRoom
        guard let request = asker.form.request(question, maxTokens: room) else { return }
        let id = question.key.description
        switch filling.body.add(id, request) {
        case .added, .duplicateID, .invalidID: break
        case .tooLarge:
            logger.warning("a record is too large for a batch and is left to messages", metadata: ["file": "\(file)"])
            return
        case .full:
            try await submit(&filling)
            _ = filling.body.add(id, request)
        }
        filling.keys[question.key] = filling.made.count
        if filling.files.last != file { filling.files.append(file) }
        filling.oneRequest = id
    }

    private func submit(_ filling: inout Filling) async throws(Failure) {
        guard !filling.body.isEmpty else { return }
        let state = BatchState(
            files: filling.files, requests: filling.body.count, oneRequest: filling.oneRequest,
            createdAtMs: wallClock.now())
        var stored = try await states.create("\(run)-\(padded(filling.made.count, 4)).json", state)
        failpoints.hit(.beforeBatch)
        do throws(AnthropicError) {
            stored.state.batch = try await client.createBatch(filling.body).id
        } catch {
            // If there may be one all the same, the next run looks for it.
            if !error.mayHaveActed { try await states.remove(stored) }
            throw error.failure
        }
        failpoints.hit(.afterBatch)
        stored = try await states.update(stored)
        logger.info(
            "batch submitted",
            metadata: ["batch": "\(stored.state.batch ?? "")", "requests": "\(state.requests)"])
        filling.made.append(stored)
        filling.files = []
        filling.body = BatchBody(maxBytes: Self.maxBytes, maxRequests: maxRequests)
    }
}
