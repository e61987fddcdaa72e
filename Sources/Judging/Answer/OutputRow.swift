internal import Bytes
internal import Support

/// One line of a batch job's output.
package struct OutputRow: Sendable, Equatable {
    /// nil when its request's labels are none of ours, or the line is no JSON at all.
    package var place: RowPlace?
    package var outcome: RowOutcome
    package var tokens = AnswerTokens()
    /// The model that answered; nil when the row does not say.
    package var model: String?
    /// The service's words on an error: one line, cut.
    package var message: String?
}

/// Reads the lines of a batch job's output (Vertex AI, `batchPredictionJobs` with `publishers/google/models`). One thread at
/// a time.
///
/// A row has `status` (empty, or what went wrong), the `request` as the service understood it, and the `response`. Keys may be in
/// camel or snake case, and members null.
package final class OutputRowReader {
    /// Open containers of a row. Schemas nest.
    private static let depth = 64
    private static let longestMessage = 200

    package let rules: JudgeAnswerRules
    private let scanner = JSONScanner(maxDepth: OutputRowReader.depth)
    private let buffer = ByteBuffer()
    /// The names seen, so that rows share them: there are few.
    private var models: [String] = []

    package init(schema: VerdictSchema) { rules = JudgeAnswerRules(schema: schema) }

    /// - Returns: nil when the line is no JSON object.
    package func read(line: UnsafeRawBufferPointer) -> OutputRow? {
        guard let row = parse(line) else { return nil }
        var result = OutputRow(outcome: .failed(.empty))
        if let labels = json.member("labels", of: json.member("request", of: row)?.value), labels.kind == .object {
            result.place = RowPlace(json.text(labels.value))
        }
        if let problem = problem(of: row) {
            result.outcome = .failed(FailureReason(status: problem))
            result.message = printable(
                problem.split(whereSeparator: \.isWhitespace).joined(separator: " "), limit: Self.longestMessage)
        } else {
            readResponse(json.member("response", of: row)?.value, into: &result)
        }
        return result
    }

    /// - Parameter response: the body of a `generateContent` call, which is what a row has as its response.
    package func read(response: UnsafeRawBufferPointer) -> OutputRow {
        var result = OutputRow(outcome: .failed(.unreadable))
        if let response = parse(response) { readResponse(response, into: &result) }
        return result
    }

    private var json: LooseJSON { LooseJSON(bytes: buffer.bytes) }

    private func parse(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        buffer.removeAll(keepingCapacity: 1 << 20)
        guard case .object = scanner.scan(bytes, into: buffer) else { return nil }
        return 0..<buffer.count
    }

    /// The error that a row tells of, as a text or as an object.
    private func problem(of row: Range<Int>) -> String? {
        for name: StaticString in ["status", "error"] {
            guard let member = json.member(name, of: row) else { continue }
            if let text = json.string(member) {
                if !text.utf8.allSatisfy({ $0 == 0x20 }) { return text }
            } else if member.kind == .object, member.value.count > 2 {
                return String(decoding: json.text(member.value), as: UTF8.self)
            }
        }
        return nil
    }

    private func readResponse(_ response: Range<Int>?, into result: inout OutputRow) {
        result.tokens = tokens(json.member("usagemetadata", of: response)?.value)
        result.model = json.string(json.member("modelversion", of: response)).map(shared)
        if let candidate = firstElement(json.member("candidates", of: response)) {
            result.outcome = outcome(candidate.value)
            return
        }
        let feedback = json.member("promptfeedback", of: response)
        if let reason = json.string(json.member("blockreason", of: feedback?.value)),
            reason != "BLOCKED_REASON_UNSPECIFIED"
        {
            result.outcome = .failed(.blocked(enumName(reason)))
        } else {
            result.outcome = .failed(.empty)
        }
    }

    private func outcome(_ candidate: Range<Int>) -> RowOutcome {
        let finish = json.string(json.member("finishreason", of: candidate)) ?? ""
        if let reason = FailureReason(finishReason: finish) { return .failed(reason) }
        var text = ""
        let parts = json.member("parts", of: json.member("content", of: candidate)?.value)
        if let parts, parts.kind == .array, var elements = JSONMembers(buffer.bytes, in: parts.value) {
            while let part = elements.next() {
                let thought = json.member("thought", of: part.value)
                let isThought = thought.map { json.text($0.value).first == UInt8(ascii: "t") } ?? false
                if !isThought { text += json.string(json.member("text", of: part.value)) ?? "" }
            }
        }
        return rules.read(text)
    }

    private func firstElement(_ list: JSONMembers.Member?) -> JSONMembers.Member? {
        guard let list, list.kind == .array, var elements = JSONMembers(buffer.bytes, in: list.value) else {
            return nil
        }
        return elements.next()
    }

    private func tokens(_ usage: Range<Int>?) -> AnswerTokens {
        AnswerTokens(
            prompt: json.count(json.member("prompttokencount", of: usage)),
            cached: json.count(json.member("cachedcontenttokencount", of: usage)),
            answer: json.count(json.member("candidatestokencount", of: usage)),
            thoughts: json.count(json.member("thoughtstokencount", of: usage)))
    }

    /// A model's name for people, the same value for all rows.
    private func shared(_ name: String) -> String {
        if let known = models.first(where: { $0 == name }) { return known }
        let name = printable(name, limit: 60)
        if models.count < 20 { models.append(name) }
        return name
    }
}
