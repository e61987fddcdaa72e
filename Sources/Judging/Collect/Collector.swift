internal import Bytes
package import Gzip
internal import JobSupport
package import ObjectStorage
package import Support

/// A canary: a request of the prompt file whose right answer is known.
package struct Canary: Sendable {
    package var name: String
    /// What is wrong with an answer, in a few words; nil when nothing is.
    package var problem: @Sendable (VerdictAnswer) -> String?

    package init(name: String, problem: @escaping @Sendable (VerdictAnswer) -> String?) {
        (self.name, self.problem) = (name, problem)
    }
}

/// One input object whose job has ended.
package struct CollectOrder: Sendable {
    package var input: DayState.Input
    /// `YYYY-MM-DD`.
    package var date: String
    /// The job's output directory, as a prefix of names in a store; nil when the job never had one.
    package var output: (store: any ObjectStore, prefix: String)?
    /// The number of the next input object of the day; nil: what failed is not asked again.
    package var retry: Int?
    /// Also where answers that the service counts are not to be found: they are paid for.
    package var goesByWhatIsThere = false

    package init(
        input: DayState.Input, date: String, output: (store: any ObjectStore, prefix: String)?, retry: Int?
    ) {
        (self.input, self.date, self.output, self.retry) = (input, date, output, retry)
    }
}

/// Turns the output of an ended job into a verdicts file, and into the input object of what is asked again.
///
/// Memory holds the outcomes of one job; the records themselves are read, and written, line by line. To collect twice gives the
/// same objects: whoever is stopped in between begins anew.
package struct Collector: Sendable {
    package let store: any ObjectStore
    package let names: JudgedNames
    package let schema: VerdictSchema
    /// The prompt's label.
    package let prompt: String
    /// By number.
    package let canaries: [Canary]
    package let price: AnswerPrice
    package let gzip: GzipSettings
    /// The name of an input object: of a date and a number.
    package let inputName: @Sendable (_ date: String, _ number: Int) -> String
    /// Whether no other run has taken over the day.
    package let isMine: @Sendable () -> Bool

    /// Names of other content that are passed over before somebody has to look.
    static let mostTaken = 100
    /// Bytes of a line of output: the request and its answer.
    private static let maxRowBytes = 64 << 20

    package init(
        store: any ObjectStore, names: JudgedNames, schema: VerdictSchema, prompt: String, canaries: [Canary],
        price: @escaping AnswerPrice, gzip: GzipSettings,
        inputName: @escaping @Sendable (_ date: String, _ number: Int) -> String,
        isMine: @escaping @Sendable () -> Bool = { true }
    ) {
        (self.store, self.names, self.schema, self.prompt) = (store, names, schema, prompt)
        (self.canaries, self.price, self.gzip) = (canaries, price, gzip)
        (self.inputName, self.isMine) = (inputName, isMine)
    }

    package func collect(_ order: CollectOrder) async throws(Failure) -> CollectedInput {
        let (table, result) = try await outcomes(order)
        // Whose files cannot be read is told in every result.
        let isLacking = result.damagedFiles.isEmpty && table.answered < order.input.answersExpected
        if isLacking, !order.goesByWhatIsThere { throw answersAreGone(order.input, found: table.answered) }
        guard let input = try await store.info(order.input.name) else { throw inputIsGone(order.input) }
        var (retry, verdicts): (Int?, Int64?) = (order.retry, nil)
        for _ in 0..<Self.mostTaken {
            guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(input.name) was collected") }
            let pass = try CollectPass(self, order, input, table, retry: retry, replacing: verdicts)
            switch try await pass.run(into: result) {
            case .done(let result): return result
            // Not by us, or by a run that was stopped: what counts is what the state lists.
            case .retryTaken: retry = retry.map { $0 + 1 }
            case .verdictsTaken(let generation):
                guard isMine() else {
                    throw Failure(.conflict, "another run has taken over \(input.name)", remedy: "run again")
                }
                verdicts = generation
            }
        }
        throw Failure(.conflict, "somebody else writes the results of \(input.name)", remedy: "look for a second run")
    }

    /// Makes requests of what was collected and is unjudged.
    /// - Parameter retry: the number of the next input object of the day.
    package func reopen(
        _ input: DayState.Input, _ before: CollectedInput, date: String, retry: Int
    ) async throws(Failure) -> CollectedInput {
        try await UnjudgedPass(self, input, before, date: date).run(retry: retry)
    }

    /// Makes a verdicts file that is gone again, as it was.
    /// - Parameter before: what collecting it gave.
    package func restore(_ order: CollectOrder, _ before: CollectedInput) async throws(Failure) {
        let (table, result) = try await outcomes(order)
        guard result.rows == before.rows, result.answers == before.answers else {
            throw verdictsAreGone(order.input, before)
        }
        guard let input = try await store.info(order.input.name) else { throw inputIsGone(order.input) }
        let pass = try CollectPass(self, order, input, table, retry: before.retry?.number, replacing: nil)
        let ending = try await pass.run(into: result)
        guard case .done(let made) = ending, made.judged == before.judged, made.unjudged == before.unjudged,
            made.retry == before.retry
        else { throw verdictsAreGone(order.input, before) }
    }

    private func verdictsAreGone(_ input: DayState.Input, _ before: CollectedInput) -> Failure {
        Failure(
            .dataLoss,
            "\(store.location)/\(before.verdicts ?? "") is gone, and what it was made of is not, or not all, in "
                + "\(input.outputDirectory ?? "an output directory")",
            remedy: "restore either from an earlier version or a backup")
    }

    /// To ask again in silence would be to pay again.
    private func answersAreGone(_ input: DayState.Input, found: Int) -> Failure {
        let place = input.outputDirectory.map { "in \($0)" } ?? "since it names no output directory"
        return Failure(
            .dataLoss,
            "\(input.job ?? input.name) has answered at least \(input.answersExpected) of \(input.lines) requests, and "
                + "\(found) answers are found \(place)",
            remedy: "restore its *.jsonl and run again; with --ask-unjudged what is not there is asked, and paid, again"
        )
    }

    func inputIsGone(_ input: DayState.Input) -> Failure {
        Failure(
            .dataLoss, "\(store.location)/\(input.name) is gone, and with it what its job was asked",
            remedy: "restore it from an earlier version or a backup")
    }

    func inputIsDamaged(_ input: DayState.Input, _ what: String) -> Failure {
        Failure(
            .protocolError, "\(store.location)/\(input.name) \(what)",
            remedy: "restore it from an earlier version or a backup")
    }

    // MARK: The output

    private func outcomes(_ order: CollectOrder) async throws(Failure) -> (OutcomeTable, CollectedInput) {
        let reader = OutputRowReader(schema: schema)
        let model = order.input.model ?? ""
        let price = price
        var table = OutcomeTable(input: order.input.number, rows: order.input.lines) { tokens, name in
            price(tokens, name.isEmpty ? model : name)
        }
        var result = CollectedInput()
        if let (store, prefix) = order.output {
            let folder = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
            let listing = try await store.list(prefix: folder, from: nil, delimiter: nil)
            for object in listing.objects where object.name.hasSuffix(".jsonl") {
                do throws(Failure) {
                    try await read(object, in: store, reader, into: &table)
                } catch  where error.status == .protocolError {
                    // A part of the output is better than none: what is missing is asked again.
                    result.damagedFiles.append("\(error)")
                }
            }
        }
        (result.rows, result.answers, result.messages) = (table.counts, reader.rules.counts, table.messages)
        for (name, usage) in table.usage { result.usage[name.isEmpty ? model : name, default: ModelUsage()] += usage }
        return (table, result)
    }

    private func read(
        _ object: ObjectInfo, in store: any ObjectStore, _ reader: OutputRowReader, into table: inout OutcomeTable
    ) async throws(Failure) {
        var lines = StoredLines(object, in: store, as: .plain, maxLineBytes: Self.maxRowBytes)
        while let batch = try await lines.next() {
            guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(object.name) was read") }
            batch.forEach { line in
                if !isBlank(line) { table.add(reader.read(line: line)) }
            }
        }
    }

    private func isBlank(_ line: UnsafeRawBufferPointer) -> Bool { line.allSatisfy { $0 == 0x20 || $0 == 0x0D } }
}
