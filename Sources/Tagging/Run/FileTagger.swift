internal import Bytes
package import Interactions
internal import JobSupport
internal import Logging
package import ObjectStorage
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
        let lease = rules.names.lease(raw.object.name)
        guard try await leases.take(lease) else { return .busy }
        do throws(Failure) {
            let outcome = try await tagLeased(raw, lease)
            await leases.giveBack(lease)
            return outcome
        } catch {
            await leases.giveBack(lease)
            throw error
        }
    }

    /// What there is to ask about, without asking.
    package func survey(_ raw: RawFile) async throws(Failure) -> FileSurvey {
        var survey = FileSurvey()
        var seen: Set<ContentKey> = []
        let reader = rules.reader()
        var lines = StoredLines(raw.object, in: store)
        while let batch = try await lines.next() {
            var (keys, tokens) = ([ContentKey](), [Int]())
            try batch.forEach { line throws(Failure) in
                survey.records += 1
                guard let record = reader.read(line) else { throw notARecord(raw.object.name, line: survey.records) }
                guard let key = record.key else { return survey.withoutContent += 1 }
                guard seen.insert(key).inserted else { return }
                keys.append(key)
                tokens.append(
                    TokenEstimate.tokens(reader.input.bytes) + TokenEstimate.tokens(reader.output.bytes))
            }
            for (answer, tokens) in zip(await asker.desk.known(keys), tokens) where answer == nil {
                survey.questions += 1
                survey.inputTokens += Int64(tokens)
            }
        }
        return survey
    }

    private func tagLeased(_ raw: RawFile, _ lease: String) async throws(Failure) -> Outcome {
        let names = rules.names
        // Between the listing and the lease another run may have been done with it.
        guard try await store.info(names.tagged(raw.object.name)) == nil else { return .busy }
        // Or it has stopped within the file.
        try await archive.load(into: asker.desk)
        guard let answers = try await answers(raw) else { return .incomplete }
        let content = try TaggedContent(raw, rules: rules)
        var lines = StoredLines(raw.object, in: store)
        while let batch = try await lines.next() { try content.append(batch, answers: answers) }
        let rope = try content.finish()
        var file = content.file
        file.taggedAtMs = wallClock.now()
        failpoints.hit(.beforeTagged)
        // Who took over a lease that ran out writes both objects.
        guard leases.holds(lease) else { return .busy }
        let recordName = names.record(raw.object.name)
        let generation = try await store.info(recordName)?.generation
        _ = try await store.replace(
            recordName, content: ByteRope(ObjectCoding.encode(file)), contentType: jsonType, ifGeneration: generation)
        let outcome = try await store.create(file.tagged, content: rope, contentType: "application/gzip")
        failpoints.hit(.afterTagged)
        guard case .created = outcome else { return .busy }
        asker.tally.tagged(file)
        return .tagged(file)
    }

    private struct Answered: Sendable {
        var key: ContentKey
        var answer: Result<KnownAnswer?, Failure>
    }

    /// The answers to everything in the file; nil when they could not all be had.
    private func answers(_ raw: RawFile) async throws(Failure) -> AnswerTable? {
        let result = await withTaskGroup(of: Answered.self, returning: Result<AnswerTable?, Failure>.self) { group in
            var found = FoundAnswers()
            do throws(Failure) {
                try await ask(raw, in: &group, &found)
                while let answered = await group.next() { try found.take(answered.key, answered.answer.get()) }
                return .success(found.isComplete ? found.table : nil)
            } catch {
                // Calls that are under way end by themselves: they are paid for, and their answers are kept.
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func ask(_ raw: RawFile, in group: inout TaskGroup<Answered>, _ found: inout FoundAnswers)
        async throws(Failure)
    {
        let reader = rules.reader()
        var lines = StoredLines(raw.object, in: store)
        var (number, underWay) = (0, 0)
        while let batch = try await lines.next() {
            var questions: [Question] = []
            try batch.forEach { line throws(Failure) in
                number += 1
                guard let record = reader.read(line) else { throw notARecord(raw.object.name, line: number) }
                if let key = record.key, found.isNew(key) { questions.append(rules.question(reader, key)) }
            }
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
                guard found.isComplete else { return }
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

    mutating func take(_ key: ContentKey, _ answer: KnownAnswer?) {
        if let answer { table.add(key, answer) } else { isComplete = false }
    }
}
