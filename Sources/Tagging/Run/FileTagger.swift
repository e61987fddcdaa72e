internal import Bytes
package import Interactions
package import JobSupport
internal import Logging
package import ObjectStorage
internal import Records
package import Support

/// Tags one raw file at a time: asks what is not known, then writes the tagged file whole.
package struct FileTagger: Sendable {
    package enum Outcome: Sendable, Equatable {
        case tagged(TaggedFile)
        /// Another run is at work on it, or has just done it.
        case busy
        /// Stopped, by budget or signal, before everything was answered. The answers are kept.
        case incomplete
    }

    /// What became of a file at first sight.
    package enum Beginning: Sendable, Equatable {
        case done(Outcome, FileSurvey)
        case asks(FileSurvey)
    }

    package let store: any ObjectStore
    package let rules: TaggingRules
    package let asker: Asker
    package let archive: AnswerArchive
    package let leases: LeaseKeeper
    package let failpoints: Failpoints
    package let wallClock: any WallClock
    /// Questions of one file that may wait for their turn: a batch of lines is not held longer than it must be.
    package let questionsAtOnce: Int

    package init(
        store: any ObjectStore, rules: TaggingRules, asker: Asker, archive: AnswerArchive, leases: LeaseKeeper,
        failpoints: Failpoints, wallClock: any WallClock, questionsAtOnce: Int
    ) {
        (self.store, self.rules, self.asker, self.archive, self.leases) = (store, rules, asker, archive, leases)
        (self.failpoints, self.wallClock, self.questionsAtOnce) = (failpoints, wallClock, questionsAtOnce)
    }

    package func tag(_ raw: RawFile) async throws(Failure) -> Outcome {
        try await leased(raw) { lease throws(Failure) in
            // Another run may have stopped within the file, or be done with it.
            try await archive.load(into: asker.desk)
            guard try await store.info(rules.names.tagged(raw.object.name)) == nil else { return .busy }
            guard let answers = try await answers(raw, lease) else { return leases.holds(lease) ? .incomplete : .busy }
            let content = try TaggedContent(raw, rules: rules, in: store)
            return try await settling(content) { () throws(Failure) in
                try await fill(content, raw, answers)
                return try await write(content, of: raw, lease)
            }
        }
    }

    private func leased(_ raw: RawFile, _ body: (_ lease: String) async throws(Failure) -> Outcome)
        async throws(Failure) -> Outcome
    {
        let lease = rules.names.lease(raw.object.name)
        return try await leases.whileHeld(lease) { () throws(Failure) in try await body(lease) } ?? .busy
    }

    /// What there is to ask about, without asking.
    package func survey(_ raw: RawFile) async throws(Failure) -> FileSurvey { try await read(raw, into: nil) }

    /// Tags a file whose answers are all known, in one reading; of another, what there is to ask about.
    package func begin(_ raw: RawFile) async throws(Failure) -> Beginning {
        let content = try TaggedContent(raw, rules: rules, in: store)
        var survey = FileSurvey()
        let outcome = try await settling(content) { () throws(Failure) in
            survey = try await read(raw, into: content)
            guard survey.questions == 0 else { return .incomplete }
            return try await leased(raw) { lease throws(Failure) in try await write(content, of: raw, lease) }
        }
        return survey.questions == 0 ? .done(outcome, survey) : .asks(survey)
    }

    /// Leaves nothing of a content that did not become a tagged file.
    private func settling(_ content: TaggedContent, _ body: () async throws(Failure) -> Outcome)
        async throws(Failure) -> Outcome
    {
        do throws(Failure) {
            let outcome = try await body()
            if case .tagged = outcome { return outcome }
            await content.cancel()
            return outcome
        } catch {
            await content.cancel()
            throw error
        }
    }

    /// - Parameter content: is filled as long as all answers are known, and cancelled at the first question.
    private func read(_ raw: RawFile, into content: TaggedContent?) async throws(Failure) -> FileSurvey {
        var survey = FileSurvey()
        var seen: Set<ContentKey> = []
        var records = RawRecords(raw, in: store, rules)
        var tokens: [Int] = []
        while let (batch, read) = try await records.next({ record, reader in
            guard record.key != nil else { return }
            tokens.append(TokenEstimate.tokens(reader.input.bytes) + TokenEstimate.tokens(reader.output.bytes))
        }) {
            let keys = read.compactMap(\.key)
            let known = await asker.desk.known(keys)
            survey.withoutContent += read.count - keys.count
            for (index, key) in keys.enumerated() where known[index] == nil && seen.insert(key).inserted {
                survey.questions += 1
                survey.inputTokens += Int64(tokens[index])
            }
            tokens.removeAll(keepingCapacity: true)
            if survey.questions == 0 {
                try await content?.append(batch, read, known.lazy.compactMap { $0 })
            } else {
                await content?.cancel()
            }
        }
        survey.records = records.count
        return survey
    }

    private func fill(_ content: TaggedContent, _ raw: RawFile, _ answers: AnswerTable) async throws(Failure) {
        var records = RawRecords(raw, in: store, rules)
        while let (batch, read) = try await records.next() {
            let keys = read.compactMap(\.key)
            let known = keys.compactMap { answers[$0] }
            guard known.count == keys.count else {
                throw Failure(.conflict, "\(raw.object.name) changed while it was tagged", remedy: "run again")
            }
            try await content.append(batch, read, known)
        }
    }

    private func write(_ content: TaggedContent, of raw: RawFile, _ lease: String) async throws(Failure) -> Outcome {
        let names = rules.names
        // Between the listing and the lease another run may have been done with it.
        guard try await store.info(names.tagged(raw.object.name)) == nil else { return .busy }
        var file = content.summary
        file.taggedAtMs = wallClock.now()
        failpoints.hit(.beforeTagged)
        // Who took over a lease that ran out writes both objects.
        guard leases.holds(lease) else { return .busy }
        let recordName = names.record(raw.object.name)
        let generation = try await store.info(recordName)?.generation
        _ = try await store.replace(
            recordName, content: ByteRope(ObjectCoding.encode(file)), contentType: jsonType, ifGeneration: generation)
        let isWritten = try await content.finish()
        failpoints.hit(.afterTagged)
        guard isWritten else { return .busy }
        asker.tally.tagged(file)
        return .tagged(file)
    }

    private struct Answered: Sendable {
        var key: ContentKey
        var answer: Result<KnownAnswer?, Failure>
    }

    /// The answers to everything in the file; nil when they could not all be had.
    private func answers(_ raw: RawFile, _ lease: String) async throws(Failure) -> AnswerTable? {
        let result = await withTaskGroup(of: Answered.self, returning: Result<AnswerTable?, Failure>.self) { group in
            var found = FoundAnswers()
            do throws(Failure) {
                try await ask(raw, lease, in: &group, &found)
                while let answered = await group.next() { try found.take(answered.key, answered.answer.get()) }
                return .success(found.isComplete ? found.table : nil)
            } catch {
                // Calls that are under way end by themselves: they are paid for, and their answers are kept.
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func ask(
        _ raw: RawFile, _ lease: String, in group: inout TaskGroup<Answered>, _ found: inout FoundAnswers
    ) async throws(Failure) {
        var records = RawRecords(raw, in: store, rules)
        var underWay = 0
        var questions: [Question] = []
        while try await records.next({ record, reader in
            if let key = record.key, found.isNew(key) { questions.append(rules.question(reader, key)) }
        }) != nil {
            let known = await asker.desk.known(questions.map(\.key))
            for (question, known) in zip(questions, known) {
                if let known {
                    found.take(question.key, known)
                    continue
                }
                if underWay >= questionsAtOnce, let answered = await group.next() {
                    underWay -= 1
                    try found.take(answered.key, answered.answer.get())
                }
                // Who took over a lease that ran out asks the rest.
                guard found.isComplete, leases.holds(lease) else { return found.giveUp() }
                underWay += 1
                group.addTask { [asker] in
                    // One after the other: within one expression, Swift 6.3.1's optimizer lost the key over the waiting.
                    let answer: Result<KnownAnswer?, Failure>
                    do throws(Failure) {
                        answer = .success(try await asker.answer(question))
                    } catch {
                        answer = .failure(error)
                    }
                    return Answered(key: question.key, answer: answer)
                }
            }
            questions = []
        }
    }
}

/// The answers that one file needs.
private struct FoundAnswers {
    private(set) var table = AnswerTable(limit: .max)
    private var seen: Set<ContentKey> = []
    /// False once something was not answered.
    private(set) var isComplete = true

    mutating func isNew(_ key: ContentKey) -> Bool { seen.insert(key).inserted }

    mutating func giveUp() { isComplete = false }

    mutating func take(_ key: ContentKey, _ answer: KnownAnswer?) {
        if let answer { table.add(key, answer) } else { isComplete = false }
    }
}
