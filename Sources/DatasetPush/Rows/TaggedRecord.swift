internal import Bytes
package import Records
internal import Support

/// What a tagged line says, as ranges into it.
package struct TaggedRecord: Sendable, Equatable {
    /// As the inside of a JSON string.
    package var id: Range<Int>
    /// Values as they are written; nil when the record has none.
    package var input: Range<Int>?
    package var output: Range<Int>?
    package var tags: Range<Int>
    package var model: Range<Int>?
    /// Of a row of Braintrust's logs: values.
    package var logID: Range<Int>?
    package var logTransaction: Range<Int>?
    package var logCreated: Range<Int>?

    /// Whether its id is no more than where it is (`RawRecord.Identity.position`): it has none of its own.
    func isNamed(byPlace place: RecordPlace, in line: UnsafeRawBufferPointer) -> Bool {
        line[id].elementsEqual("\(place.file)-\(place.line)".utf8)
    }
}

/// Why a line cannot be pushed. The raw value is how counters and reports spell it.
package enum RecordFault: String, Error, Sendable, CaseIterable {
    /// No minified JSON object.
    case unreadable
    case noID = "no_id"
    case noTags = "no_relevant_tags"
    /// `relevant_tags` is no list.
    case otherTags = "relevant_tags_no_list"
}

/// Reads tagged lines, in any record format. One thread at a time.
package final class TaggedRecordReader {
    private static let own = ["_kafka", "value", "relevant_tags", "tag_status", "tagging", "id", "_xact_id", "created"]
    private enum Place: Int { case kafka, value, tags, status, tagging, id, transaction, created }

    private let fields: RecordFields
    private let watched: WatchedKeys

    package init(fields: RecordFields) {
        self.fields = fields
        watched = WatchedKeys(
            dropped: [],
            found: TaggedRecordReader.own + (fields.input + fields.output).map { $0.tokens.first })
    }

    /// - Parameter line: without its line feed.
    package func read(_ line: UnsafeRawBufferPointer) throws(RecordFault) -> TaggedRecord {
        guard let count = watched.scan(line, 0..<line.count) else { throw .unreadable }
        guard let tags = member(.tags) else { throw .noTags }
        guard tags.kind == .array else { throw .otherTags }
        guard let tagging = member(.tagging), let id = text("id", line, tagging.value) else { throw .noID }
        var record = TaggedRecord(id: id, tags: tags.value)
        record.model = text("model", line, tagging.value)
        let own = [Place.tags, .status, .tagging].count { member($0) != nil }
        var whole = 0..<line.count
        // An envelope has nothing but these two and what tagging added.
        if count - own == 2, let kafka = member(.kafka), let value = member(.value), kafka.kind == .object,
            value.kind == .object
        {
            whole = value.value
            guard watched.scan(line, whole) != nil else { throw .unreadable }
        }
        if let id = member(.id), id.kind == .string { record.logID = id.value }
        if let transaction = member(.transaction), transaction.kind == .string {
            record.logTransaction = transaction.value
        }
        if let created = member(.created), created.kind == .string { record.logCreated = created.value }
        record.input = value(line, whole, fields.input, from: TaggedRecordReader.own.count)
        record.output = value(line, whole, fields.output, from: TaggedRecordReader.own.count + fields.input.count)
        return record
    }

    private func member(_ place: Place) -> JSONMembers.Member? { watched.found[place.rawValue] }

    /// The inside of a text of an object.
    private func text(_ key: String, _ line: UnsafeRawBufferPointer, _ object: Range<Int>) -> Range<Int>? {
        guard var members = JSONMembers(line, in: object), members.isObject else { return nil }
        var found: Range<Int>?
        while let member = members.next() {
            guard JSONText.equals(key, UnsafeRawBufferPointer(rebasing: line[member.key])) else { continue }
            let isText = member.kind == .string && member.value.count > 2
            found = isText ? (member.value.lowerBound + 1)..<(member.value.upperBound - 1) : nil
        }
        return found
    }

    /// The value at the first pointer that leads to one that is not null.
    private func value(
        _ line: UnsafeRawBufferPointer, _ whole: Range<Int>, _ pointers: [JSONPointer], from place: Int
    ) -> Range<Int>? {
        for (index, pointer) in pointers.enumerated() {
            let range: Range<Int>?
            if pointer.tokens.isEmpty {
                range = whole
            } else if let member = watched.found[place + index] {
                range = pointer.tokens.count == 1 ? member.value : pointer.find(in: line, member.value, after: 1)
            } else {
                range = nil
            }
            if let range, line[range.lowerBound] != UInt8(ascii: "n") { return range }
        }
        return nil
    }
}
