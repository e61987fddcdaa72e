internal import Bytes

/// Whether a text of a document is this name, but for the case of ASCII letters and for `_`, `-`, spaces and dots.
///
/// `name` has only lower-case letters.
func isLoosely(_ text: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    looselyEqual(text, UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
}

/// Whether two names are the same, but for the case of ASCII letters and for `_`, `-`, spaces and dots.
func looselyEqual(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
    var (one, other) = (left.makeIterator(), right.makeIterator())
    while true {
        let (first, second) = (nextLetter(&one), nextLetter(&other))
        if first != second { return false }
        if first == nil { return true }
    }
}

private func nextLetter(_ bytes: inout some IteratorProtocol<UInt8>) -> UInt8? {
    while let byte = bytes.next() {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: "."): continue
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return byte | 0x20
        default: return byte
        }
    }
    return nil
}

/// Walks minified JSON that somebody else wrote, whose keys may be in any case.
struct LooseJSON {
    let bytes: UnsafeRawBufferPointer

    func text(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    /// The last member of an object with that name that is not null; nil also when it is no object.
    func member(_ name: StaticString, of object: Range<Int>?) -> JSONMembers.Member? {
        guard let object, var members = JSONMembers(bytes, in: object), members.isObject else { return nil }
        var found: JSONMembers.Member?
        while let member = members.next() {
            guard member.kind != .null, isLoosely(text(member.key), name) else { continue }
            found = member
        }
        return found
    }

    func string(_ member: JSONMembers.Member?) -> String? {
        guard let member, member.kind == .string else { return nil }
        let buffer = ByteBuffer()
        buffer.append(unescaping: text((member.value.lowerBound + 1)..<(member.value.upperBound - 1)))
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    /// A number that is not negative, also when it is written as a text; no larger than counts of one answer are.
    func count(_ member: JSONMembers.Member?) -> Int64 {
        guard let member, member.kind == .number || member.kind == .string else { return 0 }
        let digits = text(member.value).drop { $0 == UInt8(ascii: "\"") }.prefix { (0x30...0x39).contains($0) }
        return min(Int64(String(decoding: digits.prefix(12), as: UTF8.self)) ?? 0, 1 << 32)
    }
}
