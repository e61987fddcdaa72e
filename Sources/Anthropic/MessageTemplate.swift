package import Bytes
package import Support

/// How hard the model tries.
package enum Effort: String, Sendable, CaseIterable {
    case low, medium, high, xhigh, max
}

/// What is the same in every request of a run, encoded once: model, system prompt, schema. It is byte-identical each time, as
/// prompt caching wants it, and shared by all requests rather than copied.
package struct MessageTemplate: Sendable {
    package let model: String
    /// An unfinished object: `{"model":…,"system":…`.
    private let prefix: ByteRope

    /// - Parameters:
    ///   - system: cached by the API (`cache_control` ephemeral) when `cachesSystem`.
    ///   - schema: a JSON schema, as text; the answer's text is then a JSON document of that schema.
    ///   - effort: nil: the model's own.
    /// - Throws: `usage` when the model's name or the schema cannot be right.
    package init(
        model: String, system: String, cachesSystem: Bool = true, schema: [UInt8]? = nil, effort: Effort? = nil
    ) throws(Failure) {
        guard isModelName(model) else {
            throw Failure(.usage, "“\(printable(model))” cannot be the name of a model")
        }
        self.model = model
        let buffer = ByteBuffer()
        buffer.append(#"{"model":"#)
        buffer.append(jsonText: model)
        buffer.append(#","system":[{"type":"text","text":"#)
        buffer.append(jsonText: system)
        if cachesSystem { buffer.append(#","cache_control":{"type":"ephemeral"}"#) }
        buffer.append("}]")
        try MessageTemplate.append(to: buffer, effort: effort, schema: schema)
        prefix = ByteRope(buffer.bytes)
    }

    private static func append(to buffer: ByteBuffer, effort: Effort?, schema: [UInt8]?) throws(Failure) {
        guard effort != nil || schema != nil else { return }
        buffer.append(#","output_config":{"#)
        if let effort {
            buffer.append(#""effort":"#)
            buffer.append(jsonText: effort.rawValue)
            if schema != nil { buffer.append(",") }
        }
        if let schema {
            buffer.append(#""format":{"type":"json_schema","schema":"#)
            guard case .object = schema.withUnsafeBytes({ JSONScanner().scan($0, into: buffer) }) else {
                throw Failure(.usage, "the schema of the answer is not a JSON object")
            }
            buffer.append("}")
        }
        buffer.append("}")
    }

    /// The request for one user turn; nil when `content` is not UTF-8.
    package func request(content: UnsafeRawBufferPointer, maxTokens: Int) -> MessageRequest? {
        let tail = ByteBuffer(capacity: content.count + content.count / 16 + 96)
        tail.append(#","max_tokens":"#)
        tail.append(decimal: Int64(max(1, maxTokens)))
        guard let contentRange = append(content: content, to: tail) else { return nil }
        return MessageRequest(
            body: finished(by: tail),
            contentRange: (prefix.count + contentRange.lowerBound)..<(prefix.count + contentRange.upperBound))
    }

    /// - Returns: where the encoded content lies in `tail`.
    private func append(content: UnsafeRawBufferPointer, to tail: ByteBuffer) -> Range<Int>? {
        tail.append(#","messages":[{"role":"user","content":"#)
        let start = tail.count
        guard tail.append(jsonString: content) else { return nil }
        let end = tail.count
        tail.append("}]}")
        return start..<end
    }

    private func finished(by tail: ByteBuffer) -> ByteRope {
        var body = prefix
        body.append(contentsOf: ByteRope(tail.bytes))
        return body
    }
}

/// One message to ask for: the body of `POST /v1/messages`.
package struct MessageRequest: Sendable {
    package let body: ByteRope
    /// Where the user's content lies in the body.
    let contentRange: Range<Int>
}

private func isModelName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128 && text != "." && text != ".."
        && text.utf8.allSatisfy { (0x21..<0x7F).contains($0) }
}
