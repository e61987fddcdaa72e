package import Anthropic
package import JobSupport
package import Logging
package import ObjectStorage
internal import Records
package import Support

/// Puts what is to be asked into Message Batches.
package struct BatchSubmitter: Sendable {
    /// A batch is built in memory.
    static let maxBytes = 64 << 20

    package let store: any ObjectStore
    package let rules: TaggingRules
    package let asker: Asker
    package let archive: AnswerArchive
    package let client: AnthropicClient
    package let states: BatchStates
    package let leases: LeaseKeeper
    package let failpoints: Failpoints
    package let wallClock: any WallClock
    /// The run, for names.
    package let run: String
    package let maxRequests: Int
    package let logger: Logger

    /// One that is being filled, and those before it.
    private struct Filling {
        var body: BatchBody
        var files: [String] = []
        var contents: [ContentKey] = []
        /// In which batch each content is.
        var batchOf: [ContentKey: Int] = [:]
        /// Those of earlier runs, then those of this one.
        var submitted: [BatchStates.Stored]
        private let pending: Int
        /// Files that wait for a batch that was made before they were read, by its place among `submitted`.
        var later: [Int: [String]] = [:]

        init(body: BatchBody, pending: [BatchStates.Stored]) {
            (self.body, submitted, self.pending) = (body, pending, pending.count)
            for (number, stored) in pending.enumerated() {
                for key in stored.state.contents { batchOf[key] = number }
            }
        }

        /// Made by this run.
        var made: Int { submitted.count - pending }

        /// The file has contents in the one that is being filled.
        mutating func note(_ file: String) { if files.last != file { files.append(file) } }

        mutating func wait(_ file: String, for numbers: Set<Int>) {
            for number in numbers { later[number, default: []].append(file) }
        }
    }

    /// - Returns: how many batches were made.
    package func submit(_ files: [RawFile]) async throws(Failure) -> Int {
        var leased: [RawFile] = []
        let result: Result<Int, Failure>
        do throws(Failure) {
            for file in files where try await leases.take(rules.names.lease(file.object.name)) { leased.append(file) }
            result = .success(try await submit(leased: leased))
        } catch {
            result = .failure(error)
        }
        for file in leased { await leases.giveBack(rules.names.lease(file.object.name)) }
        return try result.get()
    }

    private func submit(leased files: [RawFile]) async throws(Failure) -> Int {
        // Before the leases were ours another run may have been here.
        let pending = try await states.all()
        let waiting = Set(pending.flatMap(\.state.files))
        try await archive.load(into: asker.desk)
        var filling = Filling(body: BatchBody(maxBytes: Self.maxBytes, maxRequests: maxRequests), pending: pending)
        let result: Result<Void, Failure>
        do throws(Failure) {
            for file in files where !waiting.contains(file.object.name) {
                guard try await store.info(rules.names.tagged(file.object.name)) == nil else { continue }
                guard try await add(file, &filling) else { break }
            }
            try await submit(&filling)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await noteLaterFiles(filling)
        try result.get()
        return filling.made
    }

    /// False when the budget is used up.
    private func add(_ file: RawFile, _ filling: inout Filling) async throws(Failure) -> Bool {
        let name = file.object.name
        var records = RawRecords(file, in: store, rules)
        var questions: [Question] = []
        var asked: [ContentKey] = []
        /// Batches that are made already and have contents of this file.
        var earlier: Set<Int> = []
        while try await records.next({ record, reader in
            guard let key = record.key else { return }
            if filling.batchOf[key] == nil { questions.append(rules.question(reader, key)) } else { asked.append(key) }
        }) != nil {
            let answered = await asker.desk.known(asked)
            for (key, answer) in zip(asked, answered) where answer == nil {
                guard let number = filling.batchOf[key] else { continue }
                if number < filling.submitted.count { earlier.insert(number) } else { filling.note(name) }
            }
            asked = []
            let known = await asker.desk.known(questions.map(\.key))
            for (question, known) in zip(questions, known) where known == nil {
                guard filling.batchOf[question.key] == nil else { continue }
                guard await asker.gate.reserve(asker.form.most(question, isBatch: true)) else {
                    filling.wait(name, for: earlier)
                    return false
                }
                try await add(question, of: name, &filling)
            }
            questions = []
        }
        filling.wait(name, for: earlier)
        return true
    }

    /// Once for each batch, however many files.
    private func noteLaterFiles(_ filling: Filling) async throws(Failure) {
        for (number, files) in filling.later {
            var stored = filling.submitted[number]
            let noted = Set(stored.state.files)
            stored.state.files += files.filter { !noted.contains($0) }
            do throws(Failure) {
                _ = try await states.update(stored)
            } catch {
                // Another run has collected it.
                guard error.status == .conflict else { throw error }
            }
        }
    }

    private func add(_ question: Question, of file: String, _ filling: inout Filling) async throws(Failure) {
        guard let request = asker.form.request(question, maxTokens: asker.form.mostTokens) else { return }
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
        filling.batchOf[question.key] = filling.submitted.count
        filling.note(file)
        filling.contents.append(question.key)
    }

    private func submit(_ filling: inout Filling) async throws(Failure) {
        guard !filling.body.isEmpty else { return }
        let state = BatchState(
            files: filling.files, contents: filling.contents, createdAtMs: wallClock.now())
        let name = states.names.batches + "\(run)-\(padded(filling.made, 4)).json"
        // While it is ours nobody concludes that the batch was never made.
        let lease = BatchStates.lease(name)
        let body = filling.body
        let submitted = try await leases.whileHeld(lease) { () throws(Failure) in
            let announced = try await states.create(name, state)
            return try await make(body, announced)
        }
        guard let submitted else {
            throw Failure(.conflict, "\(store.location)/\(lease) is another run's", remedy: "run again")
        }
        filling.submitted.append(submitted)
        (filling.files, filling.contents) = ([], [])
        filling.body = BatchBody(maxBytes: Self.maxBytes, maxRequests: maxRequests)
    }

    private func make(_ body: BatchBody, _ announced: BatchStates.Stored) async throws(Failure) -> BatchStates.Stored {
        var stored = announced
        failpoints.hit(.beforeBatch)
        // Who took over a lease that ran out asks about the file too.
        if let lost = stored.state.files.first(where: { !leases.holds(rules.names.lease($0)) }) {
            try await states.remove(stored)
            throw Failure(
                .unavailable, "the lease of \(lost) ran out before its batch was made",
                remedy: "run again; if it happens often, make --lease longer or --batch-requests smaller")
        }
        do throws(AnthropicError) {
            stored.state.batch = try await client.createBatch(body).id
        } catch {
            // If there may be one all the same, the next run looks for it.
            if !error.mayHaveActed { try await states.remove(stored) }
            throw error.failure
        }
        failpoints.hit(.afterBatch)
        stored = try await states.update(stored)
        logger.info(
            "batch submitted",
            metadata: ["batch": "\(stored.state.batch ?? "")", "requests": "\(stored.state.contents.count)"])
        return stored
    }
}
