internal import Bytes
package import YAML

extension YAMLValue {
    /// As minified JSON. What stands without quotes and looks like a JSON number or a truth value is one (the core schema
    /// of YAML 1.2, less its octal and hexadecimal numbers); every other scalar is a string.
    package var json: [UInt8] {
        let buffer = ByteBuffer()
        append(to: buffer)
        return [UInt8](buffer.bytes)
    }

    func append(to buffer: ByteBuffer) {
        switch content {
        case .null: buffer.append("null")
        case .text(let text):
            if isPlain, text == "true" || text == "false" || isJSONNumber(text.utf8) {
                buffer.append(text: text)
            } else {
                buffer.append(jsonText: text)
            }
        case .list(let items):
            buffer.append("[")
            for (index, item) in items.enumerated() {
                if index > 0 { buffer.append(",") }
                item.append(to: buffer)
            }
            buffer.append("]")
        case .map(let members):
            buffer.append("{")
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.append(",") }
                buffer.append(jsonText: member.key.text ?? "")
                buffer.append(":")
                member.value.append(to: buffer)
            }
            buffer.append("}")
        }
    }

    /// A map's value; nil when there is none, and when it is no map.
    package subscript(key: String) -> YAMLValue? {
        guard case .map(let members) = content else { return nil }
        return members.first { $0.key.text == key }?.value
    }

    /// A list's elements; nil when it is none.
    package var items: [YAMLValue]? {
        guard case .list(let items) = content else { return nil }
        return items
    }
}

/// RFC 8259, section 6.
func isJSONNumber(_ text: String.UTF8View) -> Bool {
    var rest = text[...]
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    func takeDigits() -> Bool {
        let digits = rest.prefix(while: isDigit)
        rest = rest.dropFirst(digits.count)
        return !digits.isEmpty
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    if rest.first == UInt8(ascii: "0") { rest = rest.dropFirst() } else if !takeDigits() { return false }
    if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        guard takeDigits() else { return false }
    }
    if let exponent = rest.first, exponent | 0x20 == UInt8(ascii: "e") {
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        guard takeDigits() else { return false }
    }
    return rest.isEmpty
}
