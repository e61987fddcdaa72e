/// What a scan found out about a value.
package enum JSONScanResult: Equatable, Sendable {
    /// A JSON object; it was appended to the buffer, minified.
    case object(JSONScanInfo)
    /// Not a JSON object; the buffer is as it was.
    case rejected(JSONFault)
}

package struct JSONScanInfo: Equatable, Sendable {
    /// The value began with a UTF-8 byte order mark, which was left out.
    package var hadByteOrderMark: Bool
    /// The value at the scanner's pointer, if there is one.
    package var field: JSONField?
}

/// A value inside the minified object.
package struct JSONField: Equatable, Sendable {
    package enum Kind: Equatable, Sendable { case object, array, string, number, bool, null }

    package var kind: Kind
    /// Its bytes (a string's with the quotes) in the buffer that was scanned into.
    package var range: Range<Int>
}

/// Why a value is no JSON object. The first fault from the left decides.
package struct JSONFault: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable { case notUTF8, notJSON, notObject, tooDeep }

    package var reason: Reason
    /// Where the first offending byte, escape, literal or container begins; the value's length when it just ends.
    package var offset: Int
}

/// Reads untrusted bytes as one JSON object (RFC 8259, strictly) in a single pass: validates, minifies, finds one field.
///
/// Outside strings white space is dropped; everything else is copied byte by byte, so numbers of any size and escapes stay
/// as they were written, lone surrogates (`\uD800`) too. Of equal keys the last one counts, as for most JSON readers.
/// It neither recurses nor allocates beyond the output buffer (but for keys with escapes, where the field might be). One
/// thread at a time.
package final class JSONScanner {
    let tokens: UnsafeMutableBufferPointer<JSONPathToken>
    /// -1 when no field is looked for.
    let tokenCount: Int
    let maxDepth: Int
    /// For each open container whether it is an object (1) or an array (0), the outermost at 1.
    let isObject: UnsafeMutablePointer<UInt8>

    /// - Parameters:
    ///   - field: the value to find, if any.
    ///   - maxDepth: containers that may be open at once, the object itself included.
    package init(field: JSONPointer? = nil, maxDepth: Int = 128) {
        precondition(maxDepth >= 1)
        self.maxDepth = maxDepth
        isObject = .allocate(capacity: maxDepth + 1)
        isObject.initialize(repeating: 0, count: maxDepth + 1)
        tokenCount = field?.tokens.count ?? -1
        tokens = .allocate(capacity: max(tokenCount, 0))
        for (index, token) in (field?.tokens ?? []).enumerated() {
            tokens.initializeElement(at: index, to: JSONPathToken(token))
        }
    }

    deinit {
        for token in tokens { token.bytes.deallocate() }
        tokens.deallocate()
        isObject.deallocate()
    }

    /// Appends the minified object to `buffer`, or nothing when `value` is not one; `value` must not lie in `buffer`.
    package func scan(_ value: UnsafeRawBufferPointer, into buffer: ByteBuffer) -> JSONScanResult {
        guard let start = value.baseAddress?.assumingMemoryBound(to: UInt8.self), !value.isEmpty else {
            return .rejected(JSONFault(reason: .notJSON, offset: 0))
        }
        buffer.reserve(value.count)  // what is written is never longer than what was read
        let written = buffer.unused
        var cursor = JSONCursor(next: start, end: start + value.count, out: written)
        let hadByteOrderMark = cursor.skipByteOrderMark()
        cursor.skipSpace()
        let first = cursor.next
        var path = JSONPath(onPath: tokenCount >= 0, fieldStart: written, fieldEnd: written)
        switch walk(&cursor, &path) {
        case .valid where first.pointee == UInt8(ascii: "{"):
            let base = buffer.count
            buffer.advance(by: cursor.out - written)
            let field = path.fieldKind.map {
                JSONField(kind: $0, range: (base + (path.fieldStart - written))..<(base + (path.fieldEnd - written)))
            }
            return .object(JSONScanInfo(hadByteOrderMark: hadByteOrderMark, field: field))
        case .valid: return .rejected(JSONFault(reason: .notObject, offset: first - start))
        case .tooDeep: return .rejected(JSONFault(reason: .tooDeep, offset: cursor.next - start))
        case .invalid:
            let isText = JSONCursor.sequenceLength(cursor.next, cursor.end) != 0
            return .rejected(JSONFault(reason: isText ? .notJSON : .notUTF8, offset: cursor.next - start))
        }
    }
}
