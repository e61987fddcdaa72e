package import Bytes

/// Sets a record's text apart from the prompt around it: `<record_input>`, the text, `</record_input>`.
///
/// The text cannot close it, nor open another one: in the text, each `<` that begins such a tag (of any name that begins
/// with `record_`, in any letter case, with slashes, white space and scalars that nobody sees in between) becomes `&lt;`.
/// That adds no new `<`, so one pass is enough.
package struct PromptDelimiter: Sendable, Equatable {
    package static let input = PromptDelimiter("record_input")
    package static let output = PromptDelimiter("record_output")
    package static let id = PromptDelimiter("record_id")
    /// Of the record as it is stored.
    package static let record = PromptDelimiter("record_json")

    private let name: String
    /// Behind the name in the opening tag, with a space in front.
    private let attribute: String

    private init(_ name: String, attribute: String = "") { (self.name, self.attribute) = (name, attribute) }

    /// Of one value in the record.
    /// - Parameter pointer: its JSON pointer, out of the prompt file.
    package static func field(_ pointer: String) -> PromptDelimiter {
        let shown = pointer.filter { $0 != "\"" && $0 != "<" && $0 != ">" }
        return PromptDelimiter("record_field", attribute: " pointer=\"\(shown)\"")
    }

    private static let prefix = Array("record_".unicodeScalars)

    /// - Parameter text: UTF-8; nil or empty when the record has none, which a text cannot pretend.
    package func append(_ text: UnsafeRawBufferPointer?, to buffer: ByteBuffer) {
        guard let text, !text.isEmpty else {
            buffer.append("<")
            buffer.append(text: name)
            buffer.append(text: attribute)
            return buffer.append("/>")
        }
        buffer.append("<")
        buffer.append(text: name)
        buffer.append(text: attribute)
        buffer.append(">\n")
        PromptDelimiter.append(neutralised: text, to: buffer)
        buffer.append("\n</")
        buffer.append(text: name)
        buffer.append(">")
    }

    /// The texts that stand in a message between such tags, as they stand there. What is around them is the prompt's.
    package static func texts(in message: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        var texts: [UnsafeRawBufferPointer] = []
        var rest = message[...]
        while let start = rest.firstRange(of: opening)?.lowerBound {
            rest = rest[(start + 1)...]
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")), end + 1 < rest.endIndex,
                rest[end + 1] == UInt8(ascii: "\n")
            else { continue }
            let name = rest[..<end].prefix { $0 != UInt8(ascii: " ") }
            let closing = Array("\n</".utf8) + name + [UInt8(ascii: ">")]
            guard let close = rest[(end + 1)...].firstRange(of: closing), close.lowerBound > end + 1 else { continue }
            texts.append(UnsafeRawBufferPointer(rebasing: rest[(end + 2)..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        return texts
    }

    private static let opening = Array("<record_".utf8)

    private static func append(neutralised text: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        var start = 0
        var place = ByteScan.first(UInt8(ascii: "<"), in: text, from: 0)
        while place < text.count {
            if beginsTag(text, behind: place) {
                buffer.append(UnsafeRawBufferPointer(rebasing: text[start..<place]))
                buffer.append("&lt;")
                start = place + 1
            }
            place = ByteScan.first(UInt8(ascii: "<"), in: text, from: place + 1)
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
