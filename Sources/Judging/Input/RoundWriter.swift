internal import Bytes
internal import JobSupport
internal import ObjectStorage
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

    private let rules: JudgeRules
    private let names: JudgeNames
    private let date: String
    private let round: Int
    /// Whether the prompt's canaries go along.
    private let hasCanaries: Bool
    private let input: any ObjectStore
    private let output: any ObjectStore
    private let failpoints: Failpoints
    private let reader: RecordReader
    private let question: JudgeQuestion
    private var number: Int
    private var upload: LineUpload?
    private var canaries = 0
    private var tokens: Int64 = 0
    private var inputs: [DayState.Input] = []
    private var counts = DayState.Counts()
    private let id = ByteBuffer()

    /// - Parameters:
    ///   - number: of the first input object.
    ///   - input: where the files are.
    ///   - output: where the input objects go.
    init(
        _ rules: JudgeRules, _ names: JudgeNames, date: String, round: Int, number: Int, hasCanaries: Bool,
        from input: any ObjectStore, to output: any ObjectStore, _ failpoints: Failpoints
    ) {
        (self.rules, self.names, self.date, self.round, self.number) = (rules, names, date, round, number)
        (self.hasCanaries, self.input, self.output, self.failpoints) = (hasCanaries, input, output, failpoints)
        reader = RecordReader(fields: rules.fields, shortening: rules.shortening, config: nil)
        question = JudgeQuestion(rules.prompt, rules.shortening)
    }

    /// - Throws: with the file as `object`. `Failure(.notDrained)` once the task is cancelled.
    func write(_ files: [JudgedFile]) async throws(Failure) -> Ending {
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

    private func write(_ file: JudgedFile) async throws(Failure) -> Int? {
        let stem = file.stem
        var lines = StoredLines(file.object, in: input)
        var line = 0
        do throws(Failure) {
            while let batch = try await lines.next() {
                guard !Task.isCancelled else {
                    throw Failure(.notDrained, "stopped while \(file.object.name) was read")
                }
                var start = 0
                // An input object that is full ends between two of the batch's lines, and is finished there.
                while start < batch.count {
                    start = try take(batch, from: start, stem, number: &line, file.object.name)
                    if start < batch.count, let taken = try await finish() { return taken }
                }
                try await upload?.flush()
            }
        } catch {
            var failure = error
            if failure.object == nil { failure.object = file.object.name }
            throw failure
        }
        return nil
    }

    /// - Returns: the first line that was not taken, since the input object is full.
    private func take(
        _ batch: LineBatch, from start: Int, _ stem: String, number line: inout Int, _ name: String
    ) throws(Failure) -> Int {
        var index = 0
        var next = start
        var number = line
        try batch.forEach { bytes throws(Failure) in
            defer { index += 1 }
            guard index == next else { return }
            guard let record = reader.read(bytes) else {
                throw Failure(
                    .protocolError, "\(name), line \(number + 1): not a minified JSON object",
                    remedy: "it was not written by loader load, or is damaged: loader verify tells")
            }
            guard take(bytes, record, stem, line: number + 1) else { return }
            number += 1
            next += 1
        }
        line = number
        return next
    }

    /// - Returns: false when the input object is full: this record belongs to the next one.
    private func take(_ bytes: UnsafeRawBufferPointer, _ record: RawRecord, _ stem: String, line: Int) -> Bool {
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
        guard reader.input.count + reader.output.count > 0 || question.showsMore else {
            counts.withoutContent += 1
            counts.records += 1
            return true
        }
        let isShortened = question.ask(reader, bytes, record, id: Array(id.bytes)) || record.isShortened
        guard append(RequestLabels.Identity(Array(id.bytes)), file: stem, line: line) else { return false }
        counts.asked += 1
        counts.shortened += isShortened ? 1 : 0
        counts.records += 1
        return true
    }

    // MARK: Input objects

    /// Appends the question to the open input object, or begins one.
    private func append(_ id: RequestLabels.Identity, file: String, line: Int) -> Bool {
        if let upload {
            // A line is not much longer than its message, its settings and its labels, each byte escaped as \u0000.
            let most = Int64(question.message.count * 6 + rules.prompt.settings.count + 2048)
            if upload.lines >= rules.mostLines || upload.bytes + most > rules.mostBytes { return false }
        }
        let upload = open()
        let labels = RequestLabels(place: RowPlace(input: number, row: upload.lines), file: file, line: line, id: id)
        upload.append { question.append(labels, to: $0) }
        tokens += Int64(question.tokens)
        return true
    }

    private func open() -> LineUpload {
        if let upload { return upload }
        let upload = LineUpload(plain: names.input(of: date, number: number), in: output)
        self.upload = upload
        guard hasCanaries else { return upload }
        // The message of the record that comes first is written already.
        let question = JudgeQuestion(rules.prompt, rules.shortening)
        for (index, canary) in rules.prompt.canaries.enumerated() {
            question.ask(canary.test, rules.fields, rules.shortening)
            let id = RequestLabels.Identity(Array(canary.test.name.utf8))
            let place = RowPlace(input: number, row: upload.lines)
            let labels = RequestLabels(place: place, file: RequestLabels.canaryFile, line: index, id: id)
            upload.append { question.append(labels, to: $0) }
            tokens += Int64(question.tokens)
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
                checksum: upload.checksum, canaries: canaries, tokens: tokens))
        (number, canaries, tokens) = (number + 1, 0, 0)
        return nil
    }
}

extension JudgeQuestion {
    /// Writes the message about a test case, by the rules of records.
    func ask(_ test: PromptTest, _ fields: RecordFields, _ shortening: Shortening) {
        // A test case has its input and output where the standard has them, whatever the records' fields are.
        let standard = RecordFields(
            id: JSONPointer.of("id"), input: [JSONPointer.of("input")], output: [JSONPointer.of("output")])
        let reader = RecordReader(fields: standard, shortening: shortening, config: nil)
        test.record.withUnsafeBytes { line in
            guard let record = reader.read(line) else { return }
            _ = ask(reader, line, record, id: Array(test.name.utf8))
        }
    }
}
