internal import Bytes

/// Sets a record's text apart from the prompt around it: `<record_input>`, the text, `</record_input>`.
///
/// The text cannot close it, nor open another one: in the text, each `<` that begins such a tag (of any name that begins
/// with `record_`, in any letter case, with slashes, white space and scalars that nobody sees in between) becomes `&lt;`.
/// That adds no new `<`, so one pass is enough.
enum PromptDelimiter: String {
    case input = "record_input"
    case output = "record_output"

    private static let prefix = Array("record_".unicodeScalars)

    /// - Parameter text: UTF-8; nil or empty when the record has none, which a text cannot pretend.
    func append(_ text: UnsafeRawBufferPointer?, to buffer: ByteBuffer) {
        guard let text, !text.isEmpty else {
            buffer.append("<")
            buffer.append(text: rawValue)
            return buffer.append("/>")
        }
        buffer.append("<")
        buffer.append(text: rawValue)
        buffer.append(">\n")
        PromptDelimiter.append(neutralised: text, to: buffer)
        buffer.append("\n</")
        buffer.append(text: rawValue)
        buffer.append(">")
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
        var rest = text[(place + 1)...].makeIterator()
        var decoder = UTF8()
        var wanted = prefix[...]
        while let next = wanted.first {
            guard case .scalarValue(let scalar) = decoder.decode(&rest) else { return false }
            if isFiller(scalar) { continue }
            guard scalar.properties.lowercaseMapping.unicodeScalars.elementsEqual(CollectionOfOne(next)) else {
                return false
            }
            wanted.removeFirst()
        }
        return true
    }

    private static func isFiller(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "/" { return true }
        let properties = scalar.properties
        return properties.isWhitespace || properties.isDefaultIgnorableCodePoint
            || [.control, .format].contains(properties.generalCategory)
    }
}
