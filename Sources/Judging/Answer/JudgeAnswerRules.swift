internal import Bytes
internal import Prompts
internal import Support

/// Reads a judge's answer, which is trusted in nothing: only verdicts, severities and categories of the prompt's schema come out.
///
/// The schema asks for an object with `verdict`, `severity`, `categories`, `evidence` and `confidence`. What else is understood is
/// what `AnswerCounts` counts. Without a verdict of the schema there is no answer; everything else may be missing. JSON inside
/// other text is not looked for: what a model says about a verdict is none.
///
/// One thread at a time.
package final class JudgeAnswerRules {
    package enum Limits {
        /// Bytes; many times what an answer takes.
        package static let text = 256 << 10
        package static let depth = 16
    }

    package let schema: VerdictSchema
    package private(set) var counts = AnswerCounts()
    private let json = AnswerJSON(maxDepth: Limits.depth)

    package init(schema: VerdictSchema) { self.schema = schema }

    /// - Parameter text: of all parts of the answer that are no thoughts, one after the other.
    package func read(_ text: String) -> RowOutcome {
        guard text.utf8.count <= Limits.text else { return oversized() }
        let outcome = json.read(text)
        if json.isFenced { counts.fenced += 1 }
        switch outcome {
        case .empty: return .failed(.empty)
        case .tooDeep: return oversized()
        case .invalid: return unreadable()
        case .value(let value):
            guard let answer = answer(value) else { return unreadable() }
            counts.judged += 1
            return .judged(answer)
        }
    }

    private func unreadable() -> RowOutcome {
        counts.unreadable += 1
        return .failed(.unreadable)
    }

    private func oversized() -> RowOutcome {
        counts.oversized += 1
        return unreadable()
    }

    // MARK: To a verdict

    private func answer(_ value: JSONMembers.Member) -> VerdictAnswer? {
        var object = value
        if value.kind == .array {
            guard var elements = JSONMembers(json.bytes, in: value.value), let only = elements.next(),
                elements.next() == nil, only.kind == .object
            else { return nil }
            counts.listed += 1
            object = only
        }
        if object.kind == .string {
            guard let verdict = choice(object, of: schema.verdicts) else { return nil }
            counts.bareVerdict += 1
            counts.severityMissing += 1
            counts.evidenceMissing += verdict > 0 ? 1 : 0
            counts.confidenceMissing += 1
            return VerdictAnswer(verdict: verdict)
        }
        guard object.kind == .object, let verdict = choice(member(object, "verdict"), of: schema.verdicts) else {
            return nil
        }
        var answer = VerdictAnswer(verdict: verdict)
        answer.severity = choice(member(object, "severity"), of: schema.severities)
        answer.categories = categories(member(object, "categories", or: "category"))
        answer.evidence = evidence(member(object, "evidence", or: "evidencequote"))
        answer.confidence = confidence(member(object, "confidence"))
        if let severity = answer.severity {
            answer.isContradictory = (verdict > 0) != (severity > 0)
            if answer.isContradictory { counts.contradictions += 1 }
        } else {
            counts.severityMissing += 1
        }
        if answer.evidence.isEmpty, answer.isFinding { counts.evidenceMissing += 1 }
        return answer
    }

    private var loose: LooseJSON { LooseJSON(bytes: json.bytes) }

    private func member(
        _ object: JSONMembers.Member, _ name: StaticString, or other: StaticString? = nil
    ) -> JSONMembers.Member? {
        guard let found = loose.member(name, of: object.value) ?? other.flatMap({ loose.member($0, of: object.value) })
        else {
            return nil
        }
        let key = loose.text(found.key)
        if !key.elementsEqual(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) {
            counts.renamedKeys += 1
        }
        return found
    }

    private func choice(_ member: JSONMembers.Member?, of names: [String]) -> Int? {
        guard let given = loose.string(member) else { return nil }
        if let place = names.firstIndex(where: { $0.utf8.elementsEqual(given.utf8) }) { return place }
        guard let place = names.firstIndex(where: { looselyEqual($0.utf8, given.utf8) }) else { return nil }
        counts.respelledChoices += 1
        return place
    }

    private func categories(_ member: JSONMembers.Member?) -> [Int] {
        guard let member else { return [] }
        var places: Set<Int> = []
        func take(_ element: JSONMembers.Member) {
            if let place = choice(element, of: schema.categories) {
                places.insert(place)
            } else {
                counts.categoriesUnknown += 1
            }
        }
        if member.kind == .array {
            var elements = JSONMembers(json.bytes, in: member.value)
            while let element = elements?.next() { take(element) }
        } else {
            counts.categoryBare += 1
            take(member)
        }
        return places.sorted()
    }

    private func evidence(_ member: JSONMembers.Member?) -> String {
        guard let member else { return "" }
        guard member.kind == .array else { return cut(loose.string(member) ?? "") }
        counts.evidenceListed += 1
        var quotes: [String] = []
        var elements = JSONMembers(json.bytes, in: member.value)
        while let element = elements?.next() { if let quote = loose.string(element) { quotes.append(quote) } }
        return cut(quotes.joined(separator: "\n"))
    }

    /// Ends where a character ends, unless one character alone is too long.
    private func cut(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard
            let limit = scalars.index(
                scalars.startIndex, offsetBy: schema.longestEvidence, limitedBy: scalars.endIndex),
            limit < scalars.endIndex
        else { return text }
        counts.evidenceCut += 1
        var end = text.startIndex
        while true {
            let next = text.index(after: end)
            if next > limit { break }
            end = next
        }
        return String(end > text.startIndex ? text[..<end] : text[..<limit])
    }

    private func confidence(_ member: JSONMembers.Member?) -> Double? {
        guard let member else { return missingConfidence() }
        var number: Double?
        switch member.kind {
        case .number: number = Double(String(decoding: loose.text(member.value), as: UTF8.self))
        case .string:
            let text = trimmedScalars(String((loose.string(member) ?? "").prefix(40)))
            number =
                text.hasSuffix("%") ? Double(trimmedScalars(String(text.dropLast()))).map { $0 / 100 } : Double(text)
            if number != nil { counts.confidenceText += 1 }
        default: break
        }
        guard let number else { return missingConfidence() }
        guard (0...1).contains(number) else {  // also not a number
            counts.confidenceOutOfRange += 1
            return nil
        }
        return number
    }

    private func missingConfidence() -> Double? {
        counts.confidenceMissing += 1
        return nil
    }
}
