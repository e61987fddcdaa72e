internal import Bytes

/// Sets a record's text apart from the prompt around it: `<record_input>`, the text, `</record_input>`.
///
/// The text cannot close it, nor open another one: in the text, each `<` that begins such a tag (of any name that begins
/// with `record_`, in any letter case, with white space and slashes in between) becomes `&lt;`. That adds no new `<`, so
/// one pass is enough.
enum PromptDelimiter: String {
    case input = "record_input"
    case output = "record_output"

    private static let prefix = Array("record_".utf8)

    /// - Parameter text: UTF-8; nil or empty when the record has none, which a text cannot pretend.
    func append(_ text: UnsafeRawBufferPointer?, to buffer: ByteBuffer) {
        guard let text, !text.isEmpty else {
            buffer.append("<")
            append(name: rawValue, to: buffer)
            return buffer.append("/>")
        }
        buffer.append("<")
        append(name: rawValue, to: buffer)
        buffer.append(">\n")
        PromptDelimiter.append(neutralised: text, to: buffer)
        buffer.append("\n</")
        append(name: rawValue, to: buffer)
        buffer.append(">")
    }

    private func append(name: String, to buffer: ByteBuffer) {
        var name = name
        name.withUTF8 { buffer.append(UnsafeRawBufferPointer($0)) }
    }

    private static func append(neutralised text: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        var start = 0
        for place in text.indices where text[place] == UInt8(ascii: "<") && beginsTag(text, behind: place) {
            buffer.append(UnsafeRawBufferPointer(rebasing: text[start..<place]))
            buffer.append("&lt;")
            start = place + 1
        }
        buffer.append(UnsafeRawBufferPointer(rebasing: text[start...]))
    }

    private static func beginsTag(_ text: UnsafeRawBufferPointer, behind place: Int) -> Bool {
        var next = place + 1
        while next < text.count, isFiller(text[next]) { next += 1 }
        return text.count - next >= prefix.count
            && text[next..<(next + prefix.count)].elementsEqual(prefix) { lowercased($0) == $1 }
    }

    private static func isFiller(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
