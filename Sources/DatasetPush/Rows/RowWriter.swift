package import Bytes

/// Where records come from, as their rows say it.
package enum RowOrigin: Sendable, Equatable {
    /// Interactions that the loader stored.
    case interactions(topic: String, date: String)
    /// Rows of a project's logs in Braintrust: the new row links to them.
    case logs(projectID: String)
}

/// Where a record is.
package struct RecordPlace: Sendable, Equatable {
    /// The raw file in its day: `13-p00000-…`.
    package var file: String
    package var hour: Int?
    /// From 1.
    package var line: Int

    package init(file: String, hour: Int?, line: Int) { (self.file, self.hour, self.line) = (file, hour, line) }
}

/// Writes dataset rows as JSON. Input and output are copied byte for byte.
package struct RowWriter {
    private let origin: RowOrigin

    package init(origin: RowOrigin) { self.origin = origin }

    /// nil for logs.
    var topic: String? { if case .interactions(let topic, _) = origin { topic } else { nil } }

    /// Appends a row.
    /// - Parameters:
    ///   - line: from which the record was read.
    ///   - tags: calls its argument with each tag that the dataset wants.
    ///   - verdict: members of the metadata that tell it, as JSON that begins with a comma; or empty.
    package func append(
        id: String, _ record: TaggedRecord, of line: UnsafeRawBufferPointer, at place: RecordPlace, verdict: [UInt8],
        tags: (_ each: ([UInt8]) -> Void) -> Void, to buffer: ByteBuffer
    ) {
        func raw(_ range: Range<Int>) { buffer.append(UnsafeRawBufferPointer(rebasing: line[range])) }
        buffer.reserve((record.input?.count ?? 4) + (record.output?.count ?? 4) + 1024)
        buffer.append("{\"id\":")
        buffer.append(jsonText: id)
        buffer.append(",\"input\":")
        if let input = record.input { raw(input) } else { buffer.append("null") }
        buffer.append(",\"expected\":")
        if let output = record.output { raw(output) } else { buffer.append("null") }
        buffer.append(",\"tags\":[")
        var isFirst = true
        tags { tag in
            if !isFirst { buffer.append(",") }
            isFirst = false
            tag.withUnsafeBytes { _ = buffer.append(jsonString: $0) }
        }
        buffer.append("],\"metadata\":{\"interaction_id\":\"")
        raw(record.id)
        buffer.append("\"")
        append(place, to: buffer)
        buffer.append(",\"relevant_tags\":")
        raw(record.tags)
        if let model = record.model {
            buffer.append(",\"tag_model\":\"")
            raw(model)
            buffer.append("\"")
        }
        verdict.withUnsafeBytes { buffer.append($0) }
        buffer.append("}")
        append(linkTo: record, of: line, to: buffer)
        buffer.append("}")
    }

    private func append(_ place: RecordPlace, to buffer: ByteBuffer) {
        switch origin {
        case .interactions(let topic, let date):
            buffer.append(",\"topic\":")
            buffer.append(jsonText: topic)
            buffer.append(",\"date\":")
            buffer.append(jsonText: date)
            if let hour = place.hour {
                buffer.append(",\"hour\":")
                buffer.append(decimal: Int64(hour))
            }
            buffer.append(",\"file\":")
            buffer.append(jsonText: place.file)
            buffer.append(",\"line\":")
            buffer.append(decimal: Int64(place.line))
        case .logs(let projectID):
            buffer.append(",\"project_id\":")
            buffer.append(jsonText: projectID)
        }
    }

    private func append(linkTo record: TaggedRecord, of line: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard case .logs(let projectID) = origin, let id = record.logID else { return }
        buffer.append(",\"origin\":{\"object_type\":\"project_logs\",\"object_id\":")
        buffer.append(jsonText: projectID)
        func member(_ key: StaticString, _ value: Range<Int>?) {
            guard let value else { return }
            buffer.append(key)
            buffer.append(UnsafeRawBufferPointer(rebasing: line[value]))
        }
        member(",\"id\":", id)
        member(",\"_xact_id\":", record.logTransaction)
        member(",\"created\":", record.logCreated)
        buffer.append("}")
    }
}
