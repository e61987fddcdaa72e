internal import Bytes
internal import Support

/// Reads the list of a marker as JSON, from behind its opening bracket. What is no string is told and left out; a comma
/// behind the last tag is fine.
struct TagListScanner {
    private(set) var tags: [String] = []
    private(set) var problems: [String] = []
    /// Behind what was read.
    private(set) var position: Int

    private let bytes: [UInt8]

    init(_ bytes: [UInt8], from position: Int) { (self.bytes, self.position) = (bytes, position) }

    /// - Returns: false when the list does not end.
    mutating func read() -> Bool {
        var isCommaNeeded = false
        while let byte = nextByte() {
            if byte == UInt8(ascii: "]") {
                position += 1
                return true
            }
            if byte == UInt8(ascii: ",") {
                if !isCommaNeeded { problems.append("a comma without a tag before it") }
                isCommaNeeded = false
                position += 1
                continue
            }
            if isCommaNeeded { problems.append("a comma is missing between two tags") }
            guard element(byte) else { return false }
            isCommaNeeded = true
        }
        return false
    }

    /// The first byte that is not white space.
    private mutating func nextByte() -> UInt8? {
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
    }

    /// - Returns: false when it does not end.
    private mutating func element(_ first: UInt8) -> Bool {
        switch first {
        case UInt8(ascii: "\""):
            guard let text = string() else { return false }
            if let text { tags.append(text) } else { problems.append("a tag holds an escape that JSON does not have") }
            return true
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            problems.append(
                first == UInt8(ascii: "[")
                    ? "a list inside of the list is left out" : "an object inside of the list is left out")
            return skipContainer()
        case UInt8(ascii: "'"):
            problems.append("a tag in single quotes is left out: JSON has double quotes")
            return skipWord(closing: UInt8(ascii: "'"))
        default:
            let start = position
            guard skipWord(closing: nil) else { return false }
            let shown = printable(trimmedScalars(String(decoding: bytes[start..<position], as: UTF8.self)), limit: 40)
            problems.append("\(shown) is no text in double quotes, and is left out")
            return true
        }
    }

    /// A string with its quotes. nil when it does not end, `.some(nil)` when it stands for no text.
    private mutating func string() -> String?? {
        let start = position + 1
        var next = start
        while next < bytes.count, bytes[next] != UInt8(ascii: "\"") {
            next += bytes[next] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard next < bytes.count else {
            position = bytes.count
            return nil
        }
        position = next + 1
        let text = bytes[start..<next].withUnsafeBytes { JSONText.unescaped($0) }
        return .some(text.map { String(decoding: $0, as: UTF8.self) })
    }

    /// Behind the bracket that closes the one at the position.
    private mutating func skipContainer() -> Bool {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
                continue
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            position += 1
            if depth == 0 { return true }
        }
        return false
    }

    /// To the next comma or bracket, or behind a closing quote.
    private mutating func skipWord(closing quote: UInt8?) -> Bool {
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            if let quote, byte == quote {
                position += 1
                return true
            }
            if quote == nil, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") { return true }
            position += 1
        }
        return false
    }
}
