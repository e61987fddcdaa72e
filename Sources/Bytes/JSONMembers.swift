/// Walks the members of one minified JSON object, or the elements of one minified array, front to back, without
/// allocating: `while let member = members.next() { … }`.
///
/// It reads only as much as it needs to tell the members apart, so it is no validation (`JSONScanner` is). Bytes that are
/// not minified JSON end the walk early, with `isComplete` false; they never lead outside of the range.
package struct JSONMembers {
    package struct Member: Equatable, Sendable {
        /// The key's text in the document, escapes and all, without its quotes; empty and in front of the value for an
        /// array's element.
        package var key: Range<Int>
        /// A string's with the quotes.
        package var value: Range<Int>
        package var kind: JSONField.Kind
    }

    /// Whether it is an object that is walked.
    package let isObject: Bool
    /// After the last `next`: whether the container ended where the range does.
    package private(set) var isComplete = false

    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private var position: Int
    private var isFirst = true

    /// nil when the range, by default everything, does not begin and end as an object or array.
    package init?(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil) {
        let range = range ?? 0..<bytes.count
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, range.count >= 2 else { return nil }
        switch (bytes[range.lowerBound], bytes[range.upperBound - 1]) {
        case (UInt8(ascii: "{"), UInt8(ascii: "}")): isObject = true
        case (UInt8(ascii: "["), UInt8(ascii: "]")): isObject = false
        default: return nil
        }
        self.bytes = bytes
        (position, end) = (range.lowerBound + 1, range.upperBound - 1)
    }

    /// nil at the end, and from the first fault on.
    package mutating func next() -> Member? {
        guard !isComplete, position <= end else { return nil }
        guard position < end else { return finish() }
        if !isFirst {
            guard bytes[position] == UInt8(ascii: ",") else { return fail() }
            position += 1
        }
        isFirst = false
        var key = position..<position
        if isObject {
            guard position < end, bytes[position] == UInt8(ascii: "\""), let after = endOfString(position),
                after < end, bytes[after] == UInt8(ascii: ":")
            else { return fail() }
            key = (position + 1)..<(after - 1)
            position = after + 1
        }
        guard position < end, let (kind, after) = value(at: position) else { return fail() }
        let member = Member(key: key, value: position..<after, kind: kind)
        position = after
        return member
    }

    private mutating func finish() -> Member? {
        isComplete = true
        return nil
    }

    private mutating func fail() -> Member? {
        position = end + 1
        return nil
    }

    // MARK: Values

    private func value(at start: Int) -> (JSONField.Kind, end: Int)? {
        switch bytes[start] {
        case UInt8(ascii: "\""): endOfString(start).map { (.string, $0) }
        case UInt8(ascii: "{"): endOfContainer(start).map { (.object, $0) }
        case UInt8(ascii: "["): endOfContainer(start).map { (.array, $0) }
        case UInt8(ascii: "t"), UInt8(ascii: "f"): endOfWord(start).map { (.bool, $0) }
        case UInt8(ascii: "n"): endOfWord(start).map { (.null, $0) }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): endOfWord(start).map { (.number, $0) }
        default: nil
        }
    }

    /// Behind a number or literal: where a comma or the container's end stands.
    private func endOfWord(_ start: Int) -> Int? {
        var next = start + 1
        while next < end, bytes[next] != UInt8(ascii: ",") {
            let byte = bytes[next] | 0x20
            let isWord =
                byte &- UInt8(ascii: "a") < 26 || bytes[next] &- UInt8(ascii: "0") < 10
                || bytes[next] == UInt8(ascii: "+") || bytes[next] == UInt8(ascii: "-")
                || bytes[next] == UInt8(ascii: ".")
            guard isWord else { return nil }
            next += 1
        }
        return next
    }

    /// Behind the closing quote of the string that begins at `start`.
    @inline(__always) private func endOfString(_ start: Int) -> Int? {
        var next = start + 1
        while next < end {
            if end - next >= 8 {
                let special = JSONMembers.quotes(load(next))
                guard special != 0 else {
                    next += 8
                    while end - next >= 32, ByteScan.anyOfFourWords(bytes, at: next, JSONMembers.quotes) == 0 {
                        next += 32
                    }
                    continue
                }
                next += special.trailingZeroBitCount >> 3
            }
            switch bytes[next] {
            case UInt8(ascii: "\""): return next + 1
            case UInt8(ascii: "\\"): next += 2
            default: next += 1
            }
        }
        return nil
    }

    /// The high bit of each byte that is a quote or backslash; exact up to the lowest one set.
    @inline(__always) private static func quotes(_ word: UInt64) -> UInt64 {
        zeros(word ^ each(0x22)) | zeros(word ^ each(0x5C))
    }

    /// Behind the bracket that closes the one at `start`. That each is closed by its own kind is not looked at.
    private func endOfContainer(_ start: Int) -> Int? {
        var next = start + 1
        var depth = 1
        while next < end {
            switch bytes[next] {
            case UInt8(ascii: "\""):
                guard let after = endOfString(next) else { return nil }
                next = after
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                next += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                next += 1
                if depth == 0 { return next }
            default: next += 1
            }
        }
        return nil
    }

    @inline(__always) private func load(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

extension JSONPointer {
    /// Where the value lies that this points at in the minified JSON value in `range`. Of equal keys the last one counts.
    /// nil when there is none, and when the bytes on the way are not minified JSON.
    package func find(in bytes: UnsafeRawBufferPointer, _ range: Range<Int>, after depth: Int = 0) -> Range<Int>? {
        var found = range
        for token in tokens.dropFirst(depth) {
            guard var members = JSONMembers(bytes, in: found) else { return nil }
            var value: Range<Int>?
            var index = 0
            while let member = members.next() {
                let matches =
                    members.isObject
                    ? JSONText.equals(token, UnsafeRawBufferPointer(rebasing: bytes[member.key]))
                    : String(index) == token
                if matches { value = member.value }
                index += 1
            }
            guard members.isComplete, let value else { return nil }
            found = value
        }
        return found
    }
}

extension JSONText {
    /// Whether a key of a document, given without its quotes, stands for `key`.
    package static func equals(_ key: String, _ text: UnsafeRawBufferPointer) -> Bool {
        var key = key
        return key.withUTF8 { equals(UnsafeRawBufferPointer($0), text) }
    }

    /// Whether a key of a document, given without its quotes, stands for the UTF-8 in `key`.
    package static func equals(_ key: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) -> Bool {
        if text.count == key.count { return text.elementsEqual(key) && !text.contains(UInt8(ascii: "\\")) }
        // An escape is longer than what it stands for.
        guard text.count > key.count, text.contains(UInt8(ascii: "\\")) else { return false }
        return unescaped(text)?.elementsEqual(key) ?? false
    }
}
