package import Bytes
package import Records

/// Writes the tagged lines of one file: the raw line byte for byte, less the members `relevant_tags`, `tag_status` and
/// `tagging` that it may have had, plus these at its end.
package struct TaggedLine {
    /// The members that it ends with, and has nowhere else at its top level.
    static let ownMembers = ["relevant_tags", "tag_status", "tagging"]

    private let names: [[UInt8]]
    /// What every line says about its tags behind the id and before the source.
    private let origin: [UInt8]
    private let file: String

    /// - Parameters:
    ///   - prompt: its `label`.
    ///   - file: `<topic>-<partition>-<start>-<end>`, the identity of records that have none, with their line number.
    package init(taxonomy: Taxonomy, model: String, prompt: String, file: String) {
        names = taxonomy.tags.map { TaggedLine.json($0.name) }
        origin =
            Array("\",\"model\":".utf8) + TaggedLine.json(model) + Array(",\"prompt\":".utf8) + TaggedLine.json(prompt)
            + Array(",\"taxonomy\":".utf8) + TaggedLine.json(taxonomy.label) + Array(",\"source\":\"".utf8)
        // Without its quotes, to be continued.
        self.file = String(decoding: TaggedLine.json(file).dropFirst().dropLast(), as: UTF8.self)
    }

    /// Appends the tagged line, without a line feed.
    /// - Parameters:
    ///   - line: the raw line without its line feed, from which `record` was read.
    ///   - number: of the line in its file.
    package func append(
        _ line: UnsafeRawBufferPointer, _ record: RawRecord, number: Int, _ answer: TagAnswer,
        from source: AnswerSource,
        to buffer: ByteBuffer
    ) {
        buffer.reserve(line.count + 512)
        append(kept: line, record.dropped, to: buffer)
        buffer.append("\"relevant_tags\":[")
        for (index, place) in answer.tags.enumerated() {
            if index > 0 { buffer.append(",") }
            append(names[place], to: buffer)
        }
        buffer.append("],\"tag_status\":\"")
        buffer.append(text: answer.status.rawValue)
        buffer.append("\",\"tagging\":{\"id\":\"")
        record.identity.append(of: line, file: file, number: number, to: buffer)
        append(origin, to: buffer)
        buffer.append(text: source.rawValue)
        buffer.append("\"}}")
    }

    /// The opening brace and the members that stay, with a comma behind them if there are any.
    private func append(kept line: UnsafeRawBufferPointer, _ dropped: [Range<Int>], to buffer: ByteBuffer) {
        buffer.append("{")
        var start = 1
        for range in dropped {
            // Up to the dropped member all ends with a comma already.
            buffer.append(UnsafeRawBufferPointer(rebasing: line[start..<range.lowerBound]))
            start = range.upperBound
            if line[start] == UInt8(ascii: ",") { start += 1 }
        }
        let rest = UnsafeRawBufferPointer(rebasing: line[start..<(line.count - 1)])
        buffer.append(rest)
        if !rest.isEmpty { buffer.append(",") }
    }

    private func append(_ bytes: [UInt8], to buffer: ByteBuffer) {
        bytes.withUnsafeBytes { buffer.append($0) }
    }

    private static func json(_ text: String) -> [UInt8] {
        let buffer = ByteBuffer()
        buffer.append(jsonText: text)
        return [UInt8](buffer.bytes)
    }
}
