/// Why bytes are no JSON document (RFC 8259), and where.
struct JSONSyntaxFault: Error, Equatable, Sendable, CustomStringConvertible {
    var message: String
    var offset: Int

    var description: String { "\(message) at byte \(offset)" }
}

extension JSONValue {
    /// Reads one document, strictly.
    init(parsing bytes: [UInt8]) throws(JSONSyntaxFault) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }

    init(parsing text: String) throws(JSONSyntaxFault) { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
    private static let depthMax = 128

    let bytes: [UInt8]
    var next = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// 0, which is valid nowhere, at the end.
    private var byte: UInt8 { next < bytes.count ? bytes[next] : 0 }

    private func fault(_ message: String) -> JSONSyntaxFault { JSONSyntaxFault(message: message, offset: next) }

    mutating func document() throws(JSONSyntaxFault) -> JSONValue {
        let value = try value(depth: 0)
        guard next == bytes.count else { throw fault("more after the document") }
        return value
    }

    private mutating func skipSpace() {
        while byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { next += 1 }
    }

    private mutating func take(_ expected: Character) -> Bool {
        guard byte == expected.asciiValue else { return false }
        next += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONSyntaxFault) -> JSONValue {
        guard depth <= JSONParser.depthMax else { throw fault("nested too deep") }
        skipSpace()
        defer { skipSpace() }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func literal(_ text: String, _ value: JSONValue) throws(JSONSyntaxFault) -> JSONValue {
        guard bytes[next...].starts(with: text.utf8) else { throw fault("no JSON value") }
        next += text.utf8.count
        return value
    }

    private mutating func array(depth: Int) throws(JSONSyntaxFault) -> JSONValue {
        next += 1
        skipSpace()
        var elements: [JSONValue] = []
        if take("]") { return .array(elements) }
        repeat { elements.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw fault("an array that does not end") }
        return .array(elements)
    }

    private mutating func object(depth: Int) throws(JSONSyntaxFault) -> JSONValue {
        next += 1
        skipSpace()
        var object = JSONObject()
        if take("}") { return .object(object) }
        repeat {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw fault("no member name") }
            let key = try string()
            skipSpace()
            guard take(":") else { throw fault("no colon after a member name") }
            object.members.append(JSONObject.Member(key: key, value: try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw fault("an object that does not end") }
        return .object(object)
    }

    private mutating func number() throws(JSONSyntaxFault) -> JSONValue {
        let start = next
        _ = take("-")
        if !take("0") { try digits() }
        var isWhole = true
        if take(".") {
            isWhole = false
            try digits()
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("-") { _ = take("+") }
            try digits()
        }
        let text = String(decoding: bytes[start..<next], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw fault("a number out of range") }
        return .number(number)
    }

    private mutating func digits() throws(JSONSyntaxFault) {
        guard byte &- 0x30 < 10 else { throw fault("no JSON value") }
        while byte &- 0x30 < 10 { next += 1 }
    }

    private mutating func string() throws(JSONSyntaxFault) -> String {
        next += 1
        let start = next
        while next < bytes.count, bytes[next] != UInt8(ascii: "\""), bytes[next] != UInt8(ascii: "\\"),
            bytes[next] >= 0x20
        { next += 1 }
        var content = Array(bytes[start..<next])
        while !take("\"") {
            switch byte {
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0x20...:
                content.append(byte)
                next += 1
            default: throw fault("a string that does not end, or with a control character")
            }
        }
        guard let string = String(validating: content, as: UTF8.self) else { throw fault("not UTF-8") }
        return string
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONSyntaxFault) {
        next += 1
        let letter = byte
        next += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), byte == UInt8(ascii: "\\"), next + 1 < bytes.count,
                bytes[next + 1] == UInt8(ascii: "u")
            {
                next += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
            content.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw fault("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONSyntaxFault) -> UInt32 {
        guard next + 4 <= bytes.count, bytes[next..<next + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: bytes[next..<next + 4], as: UTF8.self), radix: 16)
        else { throw fault("an unknown escape") }
        next += 4
        return code
    }
}
