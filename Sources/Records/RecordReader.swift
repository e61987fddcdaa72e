package import Bytes

/// Reads the lines of raw files, in any record format, for what a model is asked about. One thread at a time.
package final class RecordReader {
    /// Bytes. A longer id would only double the line.
    private static let longestID = 1024

    /// The shortened texts of the record that was read last; empty where it has none, and where it is verbatim. UTF-8.
    package let input = ByteBuffer()
    package let output = ByteBuffer()
    // No access to these lasts longer than its statement, so the run-time check would only cost time.
    /// Texts that are left in the line that was read last, if they are wanted so.
    @exclusivity(unchecked) package private(set) var verbatimInput: VerbatimText?
    @exclusivity(unchecked) package private(set) var verbatimOutput: VerbatimText?

    private let fields: RecordFields
    private let shortening: Shortening
    private let keyStart: FramedHash?
    private let leavesVerbatim: Bool
    private let watched: WatchedKeys
    private let unescaped = ByteBuffer()

    /// - Parameters:
    ///   - config: part of every content key: stands for everything else that decides about an answer. nil: no key is
    ///     wanted, and none is made.
    ///   - leavesVerbatim: texts that can be used as they stand are left where they are, for who makes JSON of them. No
    ///     content key is made of these.
    ///   - dropping: top-level members whose places are wanted, to leave them out of a copy.
    package init(
        fields: RecordFields, shortening: Shortening, config: String?, leavesVerbatim: Bool = false,
        dropping: [String] = []
    ) {
        (self.fields, self.shortening, self.leavesVerbatim) = (fields, shortening, leavesVerbatim)
        keyStart = config.map { config in
            var hash = FramedHash()
            var text = config
            text.withUTF8 { hash.update(UnsafeRawBufferPointer($0)) }
            return hash
        }
        let pointers = [fields.id] + fields.input + fields.output + (fields.otherID.map { [$0] } ?? [])
        watched = WatchedKeys(
            dropped: dropping, found: ["_kafka", "value"] + pointers.map { $0.tokens.first })
    }

    /// - Parameter line: without its line feed. The record's ranges are ranges of it.
    /// - Returns: nil when it is no minified JSON object. (It is not validated to the last byte.)
    package func read(_ line: UnsafeRawBufferPointer) -> RawRecord? {
        input.removeAll(keepingCapacity: 1 << 20)
        output.removeAll(keepingCapacity: 1 << 20)
        (verbatimInput, verbatimOutput) = (nil, nil)
        var dropped: [Range<Int>] = []
        guard let count = watched.scan(line, 0..<line.count, dropped: &dropped) else { return nil }
        var whole = 0..<line.count
        let kafka = watched.found[0]
        if count == 2, let kafka, let value = watched.found[1], kafka.kind == .object, value.kind == .object,
            kafka.value.upperBound < value.key.lowerBound
        {
            whole = value.value
            guard watched.scan(line, whole) != nil else { return nil }
        }
        var record = RawRecord(identity: .position, body: whole, dropped: dropped, key: nil, isShortened: false)
        record.identity = identity(line, whole, kafka)
        let inputPlaces = 1..<(1 + fields.input.count)
        let outputPlaces = inputPlaces.upperBound..<(inputPlaces.upperBound + fields.output.count)
        let inputFound = text(line, whole, fields.input, inputPlaces, shortening.inputTokens, to: input)
        let outputFound = text(line, whole, fields.output, outputPlaces, shortening.outputTokens, to: output)
        (verbatimInput, verbatimOutput) = (inputFound.verbatim, outputFound.verbatim)
        record.isShortened = inputFound.isShortened || outputFound.isShortened
        if input.count + output.count > 0, var hash = keyStart {
            hash.update(input.bytes)
            hash.update(output.bytes)
            record.key = ContentKey(hash.finalize())
        }
        return record
    }

    /// Whether the record that was read last has an input or an output.
    package var hasContent: Bool {
        input.count + output.count > 0 || verbatimInput != nil || verbatimOutput != nil
    }

    /// Appends the shortened text of any value of the record that was read last, from the same line; nothing when there is
    /// none.
    /// - Returns: whether it was shortened.
    package func append(
        _ pointer: JSONPointer, of line: UnsafeRawBufferPointer, _ record: RawRecord, upTo tokens: Int,
        to buffer: ByteBuffer
    ) -> Bool {
        guard let range = pointer.find(in: line, record.body) else { return false }
        return Shortening.append(content(UnsafeRawBufferPointer(rebasing: line[range])), upTo: tokens, to: buffer)
    }

    // MARK: Identity

    private func identity(
        _ line: UnsafeRawBufferPointer, _ whole: Range<Int>, _ kafka: JSONMembers.Member?
    ) -> RawRecord.Identity {
        if let id = value(line, whole, fields.id, place: 0), let text = idText(line, id) { return .field(text) }
        if let other = fields.otherID, let text = otherIdentity(line, whole, other) { return .field(text) }
        guard let kafka, kafka.kind == .object, var members = JSONMembers(line, in: kafka.value) else {
            return .position
        }
        var topic: Range<Int>?
        var partition: Range<Int>?
        var offset: Range<Int>?
        while let member = members.next() {
            let key = UnsafeRawBufferPointer(rebasing: line[member.key])
            switch (member.kind, key.count) {
            case (.string, 5) where JSONText.equals("topic", key): topic = idText(line, member.value)
            case (.number, 9) where JSONText.equals("partition", key): partition = idText(line, member.value)
            case (.number, 6) where JSONText.equals("offset", key): offset = idText(line, member.value)
            default: break
            }
        }
        guard let topic, let partition, let offset else { return .position }
        return .kafka(topic: topic, partition: partition, offset: offset)
    }

    private func otherIdentity(
        _ line: UnsafeRawBufferPointer, _ whole: Range<Int>, _ pointer: JSONPointer
    ) -> Range<Int>? {
        let place = 1 + fields.input.count + fields.output.count
        return value(line, whole, pointer, place: place).flatMap { idText(line, $0) }
    }

    /// nil when the value is no string or number, or an empty or overlong one.
    private func idText(_ line: UnsafeRawBufferPointer, _ value: Range<Int>) -> Range<Int>? {
        guard value.count <= RecordReader.longestID else { return nil }
        switch line[value.lowerBound] {
        case UInt8(ascii: "\""):
            return value.count > 2 ? (value.lowerBound + 1)..<(value.upperBound - 1) : nil
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return value
        default: return nil
        }
    }

    // MARK: Texts

    /// Appends the shortened text of the first pointer that leads to content, unless it can be left where it is.
    private func text(
        _ line: UnsafeRawBufferPointer, _ whole: Range<Int>, _ pointers: [JSONPointer], _ places: Range<Int>,
        _ tokens: Int, to buffer: ByteBuffer
    ) -> (verbatim: VerbatimText?, isShortened: Bool) {
        for (pointer, place) in zip(pointers, places) {
            guard let range = value(line, whole, pointer, place: place) else { continue }
            if leavesVerbatim, line[range.lowerBound] == UInt8(ascii: "\""),
                let verbatim = VerbatimText(line, (range.lowerBound + 1)..<(range.upperBound - 1), upTo: tokens)
            {
                return (verbatim, false)
            }
            let content = content(UnsafeRawBufferPointer(rebasing: line[range]))
            if !isBlank(content) { return (nil, Shortening.append(content, upTo: tokens, to: buffer)) }
        }
        return (nil, false)
    }

    /// A string's text, or any other value's JSON; empty for null and for empty containers.
    private func content(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let nothing = UnsafeRawBufferPointer(rebasing: value[..<0])
        switch value[0] {
        case UInt8(ascii: "\""):
            unescaped.removeAll(keepingCapacity: 1 << 20)
            unescaped.append(unescaping: UnsafeRawBufferPointer(rebasing: value[1..<(value.count - 1)]))
            return unescaped.bytes
        case UInt8(ascii: "n"): return nothing
        case UInt8(ascii: "{"), UInt8(ascii: "["): return value.count > 2 ? value : nothing
        default: return value
        }
    }

    private func isBlank(_ text: UnsafeRawBufferPointer) -> Bool {
        text.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
    }

    /// The value at a pointer, whose first key is the watched one at `place` behind `_kafka` and `value`.
    private func value(
        _ line: UnsafeRawBufferPointer, _ whole: Range<Int>, _ pointer: JSONPointer, place: Int
    ) -> Range<Int>? {
        if pointer.tokens.isEmpty { return whole }
        guard let member = watched.found[place + 2] else { return nil }
        return pointer.tokens.count == 1 ? member.value : pointer.find(in: line, member.value, after: 1)
    }
}
