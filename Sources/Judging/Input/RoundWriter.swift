internal import Bytes
internal import JobSupport
internal import ObjectStorage
internal import Prompts
internal import Records
internal import Support

/// Writes the input objects of one round, in one pass over its files and with constant memory. Equal files and rules give equal
/// objects, so a round that was stopped is written again.
final class RoundWriter {
    enum Ending {
        case done([DayState.Input], DayState.Counts)
        /// The name of an input object is taken by other content: of an announced round that nobody finished.
        case taken(number: Int)
    }

    /// Of requests that are in memory at once.
    private static let pieceBytes: Int64 = 1 << 20

    private let rules: JudgeRules
    private let names: JudgeNames
    private let date: String
    private let round: Int
    private let input: any ObjectStore
    private let output: any ObjectStore
    private let failpoints: Failpoints
    private let reader: RecordReader
    private let question: JudgeQuestion
    private var number: Int
    private var upload: LineUpload?
    private var canaries = 0
    private var tokens: Int64 = 0
    private var longestPrompt: Int64 = 0
    private var inputs: [DayState.Input] = []
    private var counts = DayState.Counts()
    private let id = ByteBuffer()

    /// - Parameters:
    ///   - number: of the first input object.
    ///   - input: where the files are.
    ///   - output: where the input objects go.
    init(
        _ rules: JudgeRules, _ names: JudgeNames, date: String, round: Int, number: Int,
        from input: any ObjectStore, to output: any ObjectStore, _ failpoints: Failpoints
    ) {
        (self.rules, self.names, self.date, self.round, self.number) = (rules, names, date, round, number)
        (self.input, self.output, self.failpoints) = (input, output, failpoints)
        reader = RecordReader(
            fields: rules.fields, shortening: rules.shortening, config: nil, leavesVerbatim: true)
        question = JudgeQuestion(rules.prompt, rules.shortening)
    }

    /// - Throws: with the file as `object`. `Failure(.notDrained)` once the task is cancelled.
    func write(_ files: [RawFile]) async throws(Failure) -> Ending {
        do throws(Failure) {
            for file in files {
                if let taken = try await write(file) { return .taken(number: taken) }
            }
            if let taken = try await finish() { return .taken(number: taken) }
            return .done(inputs, counts)
        } catch {
            await upload?.cancel()
            throw error
        }
    }

    private func write(_ file: RawFile) async throws(Failure) -> Int? {
        let stem = file.stem
        var lines = StoredLines(file.object, in: input)
        var line = 0
        do throws(Failure) {
            while let batch = try await lines.next() {
                guard !Task.isCancelled else {
                    throw Failure(.notDrained, "stopped while \(file.object.name) was read")
                }
                var start = 0
                while start < batch.count {
                    let (next, isFull) = try take(batch, from: start, stem, firstLine: line, file.object.name)
                    start = next
                    if isFull, let taken = try await finish() { return taken }
                    try await upload?.flush()
                }
                line += batch.count
            }
        } catch {
            var failure = error
            if failure.object == nil { failure.object = file.object.name }
            throw failure
        }
        return nil
    }

    /// Takes lines of a batch until the input object is full, or enough has come together to be sent.
    /// - Returns: the first line that was not taken.
    private func take(
        _ batch: LineBatch, from start: Int, _ stem: String, firstLine: Int, _ name: String
    ) throws(Failure) -> (next: Int, isFull: Bool) {
        var (index, next, isFull) = (0, start, false)
        let limit = (upload?.bytes ?? 0) + Self.pieceBytes
        try batch.forEach { bytes throws(Failure) in
            defer { index += 1 }
            guard index == next, !isFull, (upload?.bytes ?? 0) < limit else { return }
            let line = firstLine + index + 1
            guard let record = reader.read(bytes) else {
                throw Failure(
                    .protocolError, "\(name), line \(line): not a minified JSON object",
                    remedy: damageRemedy(name))
            }
            if try take(bytes, record, stem, line: line) { next += 1 } else { isFull = true }
        }
        return (next, isFull)
    }

    /// - Returns: false when the input object is full: this record belongs to the next one.
    private func take(_ bytes: UnsafeRawBufferPointer, _ record: RawRecord, _ stem: String, line: Int)
        throws(Failure) -> Bool
    {
        guard rules.filters.allSatisfy({ $0.holds(bytes, record.body) }) else {
            counts.filtered += 1
            counts.records += 1
            return true
        }
        id.removeAll(keepingCapacity: 1 << 12)
        record.identity.append(of: bytes, file: stem, number: line, to: id)
        guard rules.sample.contains(id.bytes) else {
            counts.notSampled += 1
            counts.records += 1
            return true
        }
        guard reader.hasContent || question.showsMore else {
            counts.withoutContent += 1
            counts.records += 1
            return true
        }
        let isShortened = question.ask(reader, bytes, record, id: id.bytes) || record.isShortened
        guard try append(RequestLabels.Identity(id.bytes), file: stem, line: line) else { return false }
        counts.asked += 1
        counts.shortened += isShortened ? 1 : 0
        counts.records += 1
        return true
    }

    // MARK: Input objects

    /// Appends the question to the open input object, or begins one.
    private func append(_ id: RequestLabels.Identity, file: String, line: Int) throws(Failure) -> Bool {
        if let upload {
            // A line is not much longer than its message, its settings and its labels, each byte escaped as \u0000.
            let most = Int64(question.size.bytes * 6 + rules.prompt.settings.count + 2048)
            if upload.lines >= rules.mostLines || upload.bytes + most > rules.mostBytes { return false }
        }
        let upload = open()
        let labels = RequestLabels(place: RowPlace(input: number, row: upload.lines), file: file, line: line, id: id)
        upload.append { question.append(labels, to: $0) }
        count(question)
        return true
    }

    private func count(_ question: JudgeQuestion) {
        let prompt = Int64(question.tokens)
        (tokens, longestPrompt) = (tokens + prompt, max(longestPrompt, prompt))
    }

    private func open() -> LineUpload {
        if let upload { return upload }
        let upload = LineUpload(plain: names.input(of: date, number: number), in: output)
        self.upload = upload
        // The message of the record that comes first is written already.
        let question = JudgeQuestion(rules.prompt, rules.shortening)
        for (index, canary) in rules.prompt.canaries.enumerated() {
            question.ask(canary.test, rules.shortening)
            let id = RequestLabels.Identity(Array(canary.test.name.utf8))
            let place = RowPlace(input: number, row: upload.lines)
            let labels = RequestLabels(place: place, file: RequestLabels.canaryFile, line: index, id: id)
            upload.append { question.append(labels, to: $0) }
            count(question)
            canaries += 1
        }
        return upload
    }

    /// Ends the open input object, if there is one.
    /// - Returns: its number, when its name is taken by other content.
    private func finish() async throws(Failure) -> Int? {
        guard let upload else { return nil }
        failpoints.hit(.beforeInput)
        self.upload = nil
        guard let outcome = try await upload.finish() else { return nil }
        guard case .written = outcome else { return number }
        failpoints.hit(.afterInput)
        inputs.append(
            DayState.Input(
                number: number, round: round, name: upload.name, lines: upload.lines, bytes: upload.bytes,
                checksum: upload.checksum, canaries: canaries, tokens: tokens,
                longestPrompt: longestPrompt))
        (number, canaries, tokens, longestPrompt) = (number + 1, 0, 0, 0)
        return nil
    }
}
