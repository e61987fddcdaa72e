@testable import Bytes

/// JSON as slowly and plainly as can be, to hold the scanner against: a tree by recursion, UTF-8 by the standard library.
struct ReferenceJSON {
    indirect enum Node {
        /// Keys as code points, lone surrogates included.
        case object([([UInt32], Node)], text: [UInt8])
        case array([Node], text: [UInt8])
        case string(text: [UInt8])
        case number(text: [UInt8])
        case bool(text: [UInt8])
        case null(text: [UInt8])

        var text: [UInt8] {
            switch self {
            case .object(_, let text), .array(_, let text), .string(let text), .number(let text), .bool(let text),
                .null(let text):
                text
            }
        }

        var kind: JSONField.Kind {
            switch self {
            case .object: .object
            case .array: .array
            case .string: .string
            case .number: .number
            case .bool: .bool
            case .null: .null
            }
        }

        func at(_ tokens: ArraySlice<String>) -> Node? {
            guard let token = tokens.first else { return self }
            switch self {
            case .object(let members, _):
                let wanted = token.unicodeScalars.map(\.value)
                return members.last { $0.0 == wanted }?.1.at(tokens.dropFirst())
            case .array(let elements, _):
                return elements.indices.first { String($0) == token }.flatMap { elements[$0].at(tokens.dropFirst()) }
            default: return nil
            }
        }
    }

    let bytes: [UInt8]
    let maxDepth: Int
    private var place = 0

    init(_ bytes: [UInt8], maxDepth: Int) { (self.bytes, self.maxDepth) = (bytes, maxDepth) }

    /// The object, and whether a byte order mark was in front.
    mutating func read() throws(JSONFault) -> (Node, hadByteOrderMark: Bool) {
        let hadByteOrderMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        if hadByteOrderMark { place = 3 }
        skipSpace()
        let start = place
        let node = try value(depth: 0)
        skipSpace()
        if place < bytes.count { throw fault() }
        guard case .object = node else { throw JSONFault(reason: .notObject, offset: start) }
        return (node, hadByteOrderMark)
    }

    private func fault() -> JSONFault {
        let isText = place == bytes.count || (sequenceLength() != nil)
        return JSONFault(reason: isText ? .notJSON : .notUTF8, offset: place)
    }

    /// Of the UTF-8 sequence at `place`.
    private func sequenceLength() -> Int? {
        (1...4).first { String(validating: bytes[place...].prefix($0), as: UTF8.self) != nil }
    }

    private var byte: Character? { place < bytes.count ? Character(Unicode.Scalar(bytes[place])) : nil }

    private mutating func skipSpace() {
        while let byte, [" ", "\t", "\r", "\n"].contains(byte), bytes[place] != 0 { place += 1 }
    }

    private mutating func take(_ expected: Character) -> Bool {
        guard byte == expected else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ expected: Character) throws(JSONFault) {
        if !take(expected) { throw fault() }
    }

    private mutating func value(depth: Int) throws(JSONFault) -> Node {
        let start = place
        switch byte {
        case "{", "[":
            if depth == maxDepth { throw JSONFault(reason: .tooDeep, offset: place) }
            return byte == "{" ? try object(depth: depth) : try array(depth: depth)
        case "\"":
            _ = try string()
            return .string(text: Array(bytes[start..<place]))
        default: break
        }
        for (word, node) in [("true", Node.bool), ("false", Node.bool), ("null", Node.null)]
        where bytes[place...].starts(with: word.utf8) {
            place += word.utf8.count
            return node(Array(word.utf8))
        }
        if take("-") {}
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            try digits()
        }
        return .number(text: Array(bytes[start..<place]))
    }

    private mutating func digits() throws(JSONFault) {
        guard let first = byte, ("0"..."9").contains(first) else { throw fault() }
        while let byte, ("0"..."9").contains(byte) { place += 1 }
    }

    private mutating func object(depth: Int) throws(JSONFault) -> Node {
        var members: [([UInt32], Node)] = []
        var text: [UInt8] = Array("{".utf8)
        place += 1
        skipSpace()
        while !members.isEmpty || byte != "}" {
            skipSpace()
            let start = place
            if byte != "\"" { throw fault() }
            let key = try string()
            text += bytes[start..<place] + Array(":".utf8)
            skipSpace()
            try expect(":")
            skipSpace()
            let node = try value(depth: depth + 1)
            text += node.text
            members.append((key, node))
            skipSpace()
            if byte == "}" { break }
            try expect(",")
            text += Array(",".utf8)
        }
        try expect("}")
        return .object(members, text: text + Array("}".utf8))
    }

    private mutating func array(depth: Int) throws(JSONFault) -> Node {
        var elements: [Node] = []
        place += 1
        skipSpace()
        while !elements.isEmpty || byte != "]" {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if byte == "]" { break }
            try expect(",")
        }
        try expect("]")
        let text = elements.map(\.text).joined(separator: Array(",".utf8))
        return .array(elements, text: Array("[".utf8) + text + Array("]".utf8))
    }

    /// The code points that it stands for.
    private mutating func string() throws(JSONFault) -> [UInt32] {
        var points: [UInt32] = []
        place += 1
        while byte != "\"" {
            guard place < bytes.count, bytes[place] >= 0x20, let length = sequenceLength() else { throw fault() }
            if byte == "\\" {
                points.append(try escape())
            } else {
                points += String(decoding: bytes[place..<(place + length)], as: UTF8.self).unicodeScalars.map(\.value)
                place += length
            }
            if points.count >= 2, let low = points.last, (0xDC00...0xDFFF).contains(low),
                (0xD800...0xDBFF).contains(points[points.count - 2])
            {
                let high = points[points.count - 2]
                points.replaceSubrange(
                    (points.count - 2)..., with: [0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00)])
            }
        }
        place += 1
        return points
    }

    private mutating func escape() throws(JSONFault) -> UInt32 {
        let letters: [Character: UInt32] = [
            "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
        ]
        guard place + 1 < bytes.count else { throw fault() }
        let letter = Character(Unicode.Scalar(bytes[place + 1]))
        if let point = letters[letter] {
            place += 2
            return point
        }
        let hex = bytes[place...].dropFirst(2).prefix(4)
        let isHex = hex.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
        guard letter == "u", hex.count == 4, isHex, let point = UInt32(String(decoding: hex, as: UTF8.self), radix: 16)
        else { throw fault() }
        place += 6
        return point
    }
}
