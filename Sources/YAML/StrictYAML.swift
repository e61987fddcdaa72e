internal import CLibyaml
package import Support

/// Reads a small YAML file that somebody else may have written. Anchors and aliases are refused, because a few of them
/// stand for gigabytes; so is whatever is longer or nested deeper than the caller expects, and a key that is there twice.
package enum StrictYAML {
    /// - Parameters:
    ///   - source: how messages name the file.
    ///   - maxDepth: lists and maps within each other.
    /// - Returns: null for a file with nothing in it.
    /// - Throws: `Failure(.usage)` with the line; never the file's own text, but for a key.
    package static func read(
        _ bytes: [UInt8], source: String, maxBytes: Int, maxDepth: Int
    ) throws(Failure) -> YAMLValue {
        guard bytes.count <= maxBytes else {
            throw Failure(.usage, "\(source) has \(bytes.count) bytes; expected at most \(ByteSize.text(maxBytes))")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Failure(.usage, "\(source) is not UTF-8") }
        let result: Result<YAMLValue, Failure> = bytes.withUnsafeBufferPointer { bytes in
            do throws(Failure) {
                let events = try YAMLEvents(bytes, source: source)
                var composer = YAMLComposer(events: events, source: source, maxDepth: maxDepth)
                return .success(try composer.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// The events of libyaml's parser, one at a time.
private final class YAMLEvents {
    struct Event {
        enum Kind {
            case scalar(String, isPlain: Bool, isBlock: Bool)
            case listStart, listEnd, mapStart, mapEnd, alias, documentStart, end
            /// Of the stream and the document.
            case other
        }

        var kind: Kind
        /// From 1.
        var line: Int
        var hasAnchor = false
    }

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let source: String
    private let bytes: UnsafeBufferPointer<UInt8>

    /// - Parameter bytes: as long as this lives.
    init(_ bytes: UnsafeBufferPointer<UInt8>, source: String) throws(Failure) {
        (self.source, self.bytes) = (source, bytes)
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else { throw Failure(.failure, "no memory to read \(source)") }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    func next() throws(Failure) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem }
        defer { yaml_event_delete(&event) }
        let line = Int(event.start_mark.line) + 1
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isBlock = scalar.style == YAML_LITERAL_SCALAR_STYLE || scalar.style == YAML_FOLDED_SCALAR_STYLE
            return Event(
                kind: .scalar(
                    String(decoding: text, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                    isBlock: isBlock), line: line, hasAnchor: scalar.anchor != nil)
        case YAML_SEQUENCE_START_EVENT:
            return Event(kind: .listStart, line: line, hasAnchor: event.data.sequence_start.anchor != nil)
        case YAML_MAPPING_START_EVENT:
            return Event(kind: .mapStart, line: line, hasAnchor: event.data.mapping_start.anchor != nil)
        case YAML_SEQUENCE_END_EVENT: return Event(kind: .listEnd, line: line)
        case YAML_MAPPING_END_EVENT: return Event(kind: .mapEnd, line: line)
        case YAML_ALIAS_EVENT: return Event(kind: .alias, line: line)
        case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, line: line)
        case YAML_STREAM_END_EVENT: return Event(kind: .end, line: line)
        default: return Event(kind: .other, line: line)
        }
    }

    private var problem: Failure {
        let text = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
        var line = Int(parser.pointee.problem_mark.line) + 1
        if parser.pointee.error == YAML_READER_ERROR {  // it has no mark
            line =
                1
                + bytes.prefix(Int(parser.pointee.problem_offset)).reduce(0) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        }
        return Failure(.usage, "\(source): line \(line): \(text)")
    }
}

/// Makes a value of the events.
private struct YAMLComposer {
    private static let nullTexts: Set<String> = ["", "~", "null", "Null", "NULL"]

    let events: YAMLEvents
    let source: String
    let maxDepth: Int

    mutating func document() throws(Failure) -> YAMLValue {
        guard let first = try firstOfDocument() else { return YAMLValue(.null, line: 1) }
        let value = try value(first, depth: 0)
        if let more = try firstOfDocument() { throw failure(more.line, "a second document begins; expected only one") }
        return value
    }

    /// The event after the start of the next document; nil when there is none.
    private func firstOfDocument() throws(Failure) -> YAMLEvents.Event? {
        while true {
            switch try events.next().kind {
            case .documentStart: return try events.next()
            case .end: return nil
            default: continue
            }
        }
    }

    private mutating func value(_ event: YAMLEvents.Event, depth: Int) throws(Failure) -> YAMLValue {
        if event.hasAnchor { throw failure(event.line, "anchors (&) are not allowed") }
        switch event.kind {
        case .scalar(let text, let isPlain, let isBlock):
            // Other types are for the caller to decide.
            if isPlain, Self.nullTexts.contains(text) { return YAMLValue(.null, line: event.line) }
            return YAMLValue(
                .text(text), line: event.line, textLine: isBlock ? event.line + 1 : event.line, isPlain: isPlain)
        case .listStart: return try list(event.line, depth: try deeper(depth, event.line))
        case .mapStart: return try map(event.line, depth: try deeper(depth, event.line))
        case .alias: throw failure(event.line, "aliases (*) are not allowed")
        case .listEnd, .mapEnd, .documentStart, .end, .other: throw failure(event.line, "not YAML")
        }
    }

    private mutating func list(_ line: Int, depth: Int) throws(Failure) -> YAMLValue {
        var items: [YAMLValue] = []
        while true {
            let event = try events.next()
            if case .listEnd = event.kind { return YAMLValue(.list(items), line: line) }
            items.append(try value(event, depth: depth))
        }
    }

    private mutating func map(_ line: Int, depth: Int) throws(Failure) -> YAMLValue {
        var pairs: [(key: YAMLValue, value: YAMLValue)] = []
        var texts: Set<[UInt8]> = []
        while true {
            let event = try events.next()
            if case .mapEnd = event.kind { return YAMLValue(.map(pairs), line: line) }
            let key = try value(event, depth: depth)
            if let text = key.text, !texts.insert(Array(text.utf8)).inserted {
                throw failure(event.line, "the key '\(printable(text, limit: 40))' is there twice")
            }
            pairs.append((key, try value(try events.next(), depth: depth)))
        }
    }

    private func deeper(_ depth: Int, _ line: Int) throws(Failure) -> Int {
        guard depth < maxDepth else { throw failure(line, "nested too deep") }
        return depth + 1
    }

    private func failure(_ line: Int, _ problem: String) -> Failure {
        Failure(.usage, "\(source): line \(line): \(problem)")
    }
}
