internal import Bytes

/// Writes the lines of verdicts files: each record of the day once, judged or not, with the same members in every line of its kind.
struct VerdictLine {
    private let schema: VerdictSchema
    /// Of requests whose rows name no model.
    private let model: String
    private let prompt: String

    init(schema: VerdictSchema, model: String, prompt: String) {
        (self.schema, self.model, self.prompt) = (schema, model, prompt)
    }

    /// Appends the line without its line feed.
    /// - Parameter evidenceFound: nil when there is no evidence.
    func append(
        _ answer: VerdictAnswer, evidenceFound: Bool?, model: String?, of labels: RequestLabels, to buffer: ByteBuffer
    ) {
        append(start: labels, to: buffer)
        buffer.append(",\"status\":\"judged\",\"verdict\":")
        buffer.append(jsonText: schema.verdicts[answer.verdict])
        buffer.append(",\"severity\":")
        if let severity = answer.severity {
            buffer.append(jsonText: schema.severities[severity])
        } else {
            buffer.append("null")
        }
        buffer.append(",\"finding\":")
        append(answer.isFinding, to: buffer)
        buffer.append(",\"contradictory\":")
        append(answer.isContradictory, to: buffer)
        buffer.append(",\"categories\":[")
        for (index, category) in answer.categories.enumerated() {
            if index > 0 { buffer.append(",") }
            buffer.append(jsonText: schema.categories[category])
        }
        buffer.append("],\"evidence\":")
        buffer.append(jsonText: answer.evidence)
        buffer.append(",\"evidence_found\":")
        if let evidenceFound { append(evidenceFound, to: buffer) } else { buffer.append("null") }
        buffer.append(",\"confidence\":")
        append(answer.confidence, to: buffer)
        append(end: model, to: buffer)
    }

    func append(_ reason: FailureReason, model: String?, of labels: RequestLabels, to buffer: ByteBuffer) {
        append(start: labels, to: buffer)
        buffer.append(",\"status\":\"unjudged\",\"reason\":")
        buffer.append(jsonText: reason.description)
        append(end: model, to: buffer)
    }

    private func append(start labels: RequestLabels, to buffer: ByteBuffer) {
        buffer.append("{\"id\":")
        switch labels.id {
        case .text(let text):
            buffer.append("\"")
            text.withUnsafeBytes { buffer.append($0) }
            buffer.append("\"")
        case .digest(let digest):
            buffer.append("null,\"id_sha256\":\"")
            buffer.append(text: hexDigits(digest))
            buffer.append("\"")
        }
        buffer.append(",\"hour\":")
        if let hour = labels.hour { buffer.append(decimal: Int64(hour)) } else { buffer.append("null") }
        buffer.append(",\"file\":")
        buffer.append(jsonText: labels.file)
        buffer.append(",\"line\":")
        buffer.append(decimal: Int64(labels.line))
    }

    private func append(end model: String?, to buffer: ByteBuffer) {
        buffer.append(",\"model\":")
        buffer.append(jsonText: model ?? self.model)
        buffer.append(",\"prompt\":")
        buffer.append(jsonText: prompt)
        buffer.append("}")
    }

    private func append(_ value: Bool, to buffer: ByteBuffer) {
        if value { buffer.append("true") } else { buffer.append("false") }
    }

    /// Four decimals are more than a model's confidence means.
    private func append(_ confidence: Double?, to buffer: ByteBuffer) {
        guard let confidence else { return buffer.append("null") }
        let scaled = Int64((confidence * 10_000).rounded())
        buffer.append(decimal: scaled / 10_000)
        var rest = scaled % 10_000
        guard rest > 0 else { return }
        buffer.append(".")
        while rest > 0 {
            buffer.append(UInt8(ascii: "0") + UInt8(rest / 1000))
            rest = rest % 1000 * 10
        }
    }
}

extension RequestLabels {
    /// Of the record, by the name of its file; nil for a file that is not named by hours.
    var hour: Int? {
        let digits = file.utf8.prefix(3)
        guard digits.count == 3, digits.last == UInt8(ascii: "-"), let hour = Int(file.prefix(2)) else { return nil }
        return (0..<24).contains(hour) ? hour : nil
    }
}
