internal import Bytes
internal import Prompts
internal import Records

/// Writes what the judge is asked about one record: as a line of a job's input, or as the body of a single request. One thread
/// at a time.
final class JudgeQuestion {
    /// The user message that was written last, before it became JSON.
    let message = ByteBuffer()
    /// Of the message.
    private enum Part {
        case text([UInt8])
        case input, output, id, record
        case field(JSONPointer, PromptDelimiter)
    }

    private let prompt: JudgePrompt
    private let shortening: Shortening
    private let parts: [Part]
    /// Whether the message has more than the input and the output, so that a record without both still says something.
    let showsMore: Bool
    private let scratch = ByteBuffer()

    init(_ prompt: JudgePrompt, _ shortening: Shortening) {
        (self.prompt, self.shortening) = (prompt, shortening)
        parts = prompt.user.parts.compactMap { part in
            switch part {
            case .text(let text): .text(Array(text.utf8))
            case .place("input"): .input
            case .place("output"): .output
            case .place("id"): .id
            case .place("record"): .record
            case .place(let name): JSONPointer(name).map { .field($0, PromptDelimiter.field(name)) }
            }
        }
        showsMore = parts.contains { part in
            switch part {
            case .record, .field: true
            case .text, .input, .output, .id: false
            }
        }
    }

    /// Writes the message about the record that `reader` has just read.
    /// - Parameter id: as it stands in a JSON string.
    /// - Returns: whether a text besides input and output was shortened.
    func ask(
        _ reader: RecordReader, _ line: UnsafeRawBufferPointer, _ record: RawRecord, id: UnsafeRawBufferPointer
    ) -> Bool {
        message.removeAll(keepingCapacity: 1 << 20)
        var isShortened = false
        for part in parts {
            switch part {
            case .text(let text): text.withUnsafeBytes { message.append($0) }
            case .input: PromptDelimiter.input.append(reader.input.bytes, to: message)
            case .output: PromptDelimiter.output.append(reader.output.bytes, to: message)
            case .id:
                scratch.removeAll(keepingCapacity: 1 << 16)
                scratch.append(unescaping: id)
                PromptDelimiter.id.append(scratch.bytes, to: message)
            case .record:
                scratch.removeAll(keepingCapacity: 1 << 20)
                let whole = UnsafeRawBufferPointer(rebasing: line[record.body])
                if Shortening.append(whole, upTo: wholeTokens, to: scratch) { isShortened = true }
                PromptDelimiter.record.append(scratch.bytes, to: message)
            case .field(let pointer, let delimiter):
                scratch.removeAll(keepingCapacity: 1 << 20)
                if reader.append(pointer, of: line, record, upTo: shortening.inputTokens, to: scratch) {
                    isShortened = true
                }
                delimiter.append(scratch.bytes, to: message)
            }
        }
        return isShortened
    }

    /// Of a whole record.
    private var wholeTokens: Int {
        min(shortening.inputTokens + shortening.outputTokens, Shortening.tokenRange.upperBound)
    }

    /// Appends the line of the message, without its line feed.
    func append(_ labels: RequestLabels, to buffer: ByteBuffer) {
        buffer.append("{\"request\":")
        append(to: buffer)
        buffer.append(",\"labels\":")
        labels.append(to: buffer)
        buffer.append("}}")
    }

    /// Appends the body of a request of its own.
    func appendBody(to buffer: ByteBuffer) {
        append(to: buffer)
        buffer.append("}")
    }

    private func append(to buffer: ByteBuffer) {
        buffer.append("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":")
        // Templates are UTF-8, texts were repaired, and lines are what the loader has checked; another's may be damaged.
        if !buffer.append(jsonString: message.bytes) {
            buffer.append(jsonText: String(decoding: message.bytes, as: UTF8.self))
        }
        buffer.append("}]}],")
        prompt.settings.withUnsafeBytes { buffer.append($0) }
    }

    /// Of the message that was written last, with the system message.
    var tokens: Int { prompt.systemTokens + TokenEstimate.tokens(message.bytes) }

    /// A test case has its texts where the standard has them, whatever the records' fields are.
    private static let testFields: RecordFields? = {
        let pointers = ["/id", "/input", "/output"].compactMap { JSONPointer($0) }
        return pointers.count == 3
            ? RecordFields(id: pointers[0], input: [pointers[1]], output: [pointers[2]]) : nil
    }()

    /// Writes the message about a test case, by the rules of records.
    func ask(_ test: PromptTest, _ shortening: Shortening) {
        guard let fields = Self.testFields else { return }
        let reader = RecordReader(fields: fields, shortening: shortening, config: nil)
        test.record.withUnsafeBytes { line in
            guard let record = reader.read(line) else { return }
            Array(test.name.utf8).withUnsafeBytes { _ = ask(reader, line, record, id: $0) }
        }
    }
}
