/// One key or index of a pointer, in a form that needs no Swift string to be compared.
struct JSONPathToken {
    let bytes: UnsafeMutableBufferPointer<UInt8>
    /// -1 when it is no array index.
    let index: Int

    init(_ token: String) {
        bytes = .allocate(capacity: token.utf8.count)
        _ = bytes.initialize(from: token.utf8)
        let value = Int(token) ?? -1
        index = String(value) == token ? value : -1  // so there are no leading zeros and no sign
    }

    /// Whether a key of the document, given without its quotes, is this token.
    func matches(key: UnsafeBufferPointer<UInt8>) -> Bool {
        if key.count == bytes.count, key.elementsEqual(bytes) { return !key.contains(UInt8(ascii: "\\")) }
        guard key.count > bytes.count, key.contains(UInt8(ascii: "\\")) else { return false }
        return JSONText.unescaped(UnsafeRawBufferPointer(key))?.elementsEqual(bytes) ?? false
    }
}

/// Where the walk stands relative to the looked-for field.
struct JSONPath {
    /// Open containers.
    var depth = 0
    /// How many of them, from the outermost, lie on the way to the field.
    var depthOnPath = 0
    /// Whether the next value is on the way, or is the field.
    var onPath: Bool
    /// Of the element that comes next, when the innermost container is an array on the way.
    var element = 0
    var fieldKind: JSONField.Kind?
    var fieldStart: UnsafeMutablePointer<UInt8>
    var fieldEnd: UnsafeMutablePointer<UInt8>
}

extension JSONScanner {
    enum WalkEnd { case valid, invalid, tooDeep }

    /// Copies one value and the white space around it, which must be all there is.
    @inline(__always)
    func walk(_ cursor: inout JSONCursor, _ path: inout JSONPath) -> WalkEnd {
        var inObject = false
        while true {
            if inObject {
                guard key(&cursor, &path) else { return .invalid }
            } else if path.depth > 0 {
                beginElement(&path)
            }
            cursor.skipSpace()
            let (start, first) = (cursor.out, cursor.byte)
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                guard path.depth < maxDepth else { return .tooDeep }
                cursor.copy()
                inObject = first == UInt8(ascii: "{")
                open(&path, isObject: inObject, at: start)
                cursor.skipSpace()
                if cursor.byte != JSONScanner.closing(inObject) { continue }
            } else {
                guard let kind = scalar(&cursor, first) else { return .invalid }
                if path.onPath, path.depth == tokenCount {
                    (path.fieldKind, path.fieldStart, path.fieldEnd) = (kind, start, cursor.out)
                }
            }
            while path.depth > 0 {
                cursor.skipSpace()
                if cursor.take(UInt8(ascii: ",")) { break }
                guard cursor.take(JSONScanner.closing(inObject)) else { return .invalid }
                close(&path, at: cursor.out)
                inObject = isObject[path.depth] != 0
            }
            if path.depth == 0 {
                cursor.skipSpace()
                return cursor.next == cursor.end ? .valid : .invalid
            }
        }
    }

    @inline(__always) private static func closing(_ ofObject: Bool) -> UInt8 {
        ofObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
    }

    @inline(__always) private func scalar(_ cursor: inout JSONCursor, _ first: UInt8) -> JSONField.Kind? {
        switch first {
        case UInt8(ascii: "\""): cursor.string() ? .string : nil
        case UInt8(ascii: "t"): cursor.literal(0x6575_7274) ? .bool : nil
        case UInt8(ascii: "f"): cursor.literal(0x736C_6166, then: UInt8(ascii: "e")) ? .bool : nil
        case UInt8(ascii: "n"): cursor.literal(0x6C6C_756E) ? .null : nil
        default: cursor.number() ? .number : nil
        }
    }

    /// A key and its colon. Decides whether its value is on the way: then an earlier equal key no longer counts.
    @inline(__always) private func key(_ cursor: inout JSONCursor, _ path: inout JSONPath) -> Bool {
        cursor.skipSpace()
        let start = cursor.out + 1
        guard cursor.byte == UInt8(ascii: "\""), cursor.string() else { return false }
        path.onPath = false
        if path.depth == path.depthOnPath, path.depth <= tokenCount {
            let key = UnsafeBufferPointer(start: UnsafePointer(start), count: cursor.out - 1 - start)
            if tokens[path.depth - 1].matches(key: key) {
                path.onPath = true
                path.fieldKind = nil
            }
        }
        cursor.skipSpace()
        return cursor.take(UInt8(ascii: ":"))
    }

    @inline(__always) private func beginElement(_ path: inout JSONPath) {
        path.onPath = false
        if path.depth == path.depthOnPath, path.depth <= tokenCount {
            path.element += 1
            path.onPath = tokens[path.depth - 1].index == path.element
        }
    }

    @inline(__always)
    private func open(_ path: inout JSONPath, isObject opensObject: Bool, at start: UnsafeMutablePointer<UInt8>) {
        path.depth += 1
        isObject[path.depth] = opensObject ? 1 : 0
        guard path.onPath else { return }
        path.depthOnPath = path.depth
        path.element = -1
        if path.depth == tokenCount + 1 { path.fieldStart = start }
    }

    @inline(__always) private func close(_ path: inout JSONPath, at end: UnsafeMutablePointer<UInt8>) {
        let depth = path.depth
        path.depth -= 1
        guard path.depthOnPath == depth else { return }
        path.depthOnPath -= 1
        if depth == tokenCount + 1 {
            path.fieldKind = isObject[depth] != 0 ? .object : .array
            path.fieldEnd = end
        }
        // Back in an array on the way, counting goes on at the element that led in here.
        if depth >= 2 { path.element = tokens[depth - 2].index }
    }
}
