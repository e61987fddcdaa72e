internal import Bytes
internal import Prompts
internal import Records

/// Writes what the judge is asked about one record: as a line of a job's input, or as the body of a single request. One thread
/// at a time.
final class JudgeQuestion {
    // No access to it lasts longer than its statement, so the run-time check would only cost time.
    /// Of the user message that was written last, before it became JSON.
    @exclusivity(unchecked) private(set) var size = TextSize()

    /// Of the message.
    private enum Part {
        case text(FixedText)
        case input(Frame), output(Frame), id(Frame)
        case record
        case field(JSONPointer, PromptDelimiter)
    }

    /// A text that is the same in every message. A class, as a frame is, so that to look at a part of the message costs little.
    private final class FixedText {
        /// As the inside of a JSON string.
        let json: [UInt8]
        let size: TextSize

        init(_ text: String) {
            var text = text
            let buffer = ByteBuffer()
            size = text.withUTF8 { bytes in
                // A Swift string is always UTF-8, the only thing that could be wrong.
                _ = buffer.append(insideJSONString: UnsafeRawBufferPointer(bytes))
                return TextSize(UnsafeRawBufferPointer(bytes))
            }
            json = [UInt8](buffer.bytes)
        }
    }

    private final class Frame {
        let delimiter: PromptDelimiter
        let opening: FixedText
        let closing: FixedText

        init(_ delimiter: PromptDelimiter) {
            self.delimiter = delimiter
            (opening, closing) = (FixedText(delimiter.openingTag), FixedText(delimiter.closingTag))
        }
    }

    private let prompt: JudgePrompt
    private let shortening: Shortening
    private let parts: [Part]
    /// Whether the message has more than the input and the output, so that a record without both still says something.
    let showsMore: Bool
    /// The user message that was written last, as the inside of a JSON string.
    private let message = ByteBuffer()
    /// One part of it, before it became JSON: the text, and the same with its tags.
    private let text = ByteBuffer()
    private let framed = ByteBuffer()

    init(_ prompt: JudgePrompt, _ shortening: Shortening) {
        (self.prompt, self.shortening) = (prompt, shortening)
        parts = prompt.user.parts.compactMap { part in
            switch part {
            case .text(let text): .text(FixedText(text))
            case .place("input"): .input(Frame(.input))
            case .place("output"): .output(Frame(.output))
            case .place("id"): .id(Frame(.id))
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
        size = TextSize()
        var isShortened = false
        for part in parts {
            switch part {
            case .text(let text): append(text)
            case .input(let frame): append(line, reader.verbatimInput, else: reader.input.bytes, in: frame)
            case .output(let frame): append(line, reader.verbatimOutput, else: reader.output.bytes, in: frame)
            case .id(let frame):
                text.removeAll(keepingCapacity: 1 << 16)
                let verbatim = VerbatimText(id, 0..<id.count, upTo: id.count)
                if verbatim == nil { text.append(unescaping: id) }
                append(id, verbatim, else: text.bytes, in: frame)
            case .record:
                text.removeAll(keepingCapacity: 1 << 20)
                let whole = UnsafeRawBufferPointer(rebasing: line[record.body])
                if Shortening.append(whole, upTo: wholeTokens, to: text) { isShortened = true }
                append(text.bytes, in: .record)
            case .field(let pointer, let delimiter):
                text.removeAll(keepingCapacity: 1 << 20)
                if reader.append(pointer, of: line, record, upTo: shortening.inputTokens, to: text) {
                    isShortened = true
                }
                append(text.bytes, in: delimiter)
            }
        }
        return isShortened
    }

    /// Of a whole record.
    private var wholeTokens: Int {
        min(shortening.inputTokens + shortening.outputTokens, Shortening.tokenRange.upperBound)
    }

    // MARK: Parts of the message

    private func append(_ text: FixedText) {
        text.json.withUnsafeBytes { message.append($0) }
        size += text.size
    }

    /// A verbatim text holds no tag, and is JSON already: it is copied, which is what happens to most.
    private func append(
        _ line: UnsafeRawBufferPointer, _ verbatim: VerbatimText?, else text: UnsafeRawBufferPointer, in frame: Frame
    ) {
        guard let verbatim else { return append(text, in: frame.delimiter) }
        append(frame.opening)
        message.append(UnsafeRawBufferPointer(rebasing: line[verbatim.range]))
        size += verbatim.size
        append(frame.closing)
    }

    private func append(_ text: UnsafeRawBufferPointer, in delimiter: PromptDelimiter) {
        framed.removeAll(keepingCapacity: 1 << 20)
        delimiter.append(text, to: framed)
        size += TextSize(framed.bytes)
        // Texts were repaired; ids are what the loader has checked, but another's may be damaged.
        if !message.append(insideJSONString: framed.bytes) {
            var repaired = String(decoding: framed.bytes, as: UTF8.self)
            repaired.withUTF8 { _ = message.append(insideJSONString: UnsafeRawBufferPointer($0)) }
        }
    }

    // MARK: Requests

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
        buffer.append("{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"")
        buffer.append(message.bytes)
        buffer.append("\"}]}],")
        prompt.settings.withUnsafeBytes { buffer.append($0) }
    }

    /// Of the message that was written last, with the system message.
    var tokens: Int { prompt.systemTokens + size.tokens }

    // MARK: Test cases

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
