internal import Bytes
internal import Prompts
internal import Support

/// Reads a model's answer, which is trusted in nothing: only tags of the taxonomy come out.
///
/// The schema asks for `{"tags":["a","b"]}`. What is also understood, and counted: the list alone, a single name instead
/// of the list, null instead of it, the key `relevant_tags`, other members, a Markdown code fence around it. A name counts
/// when it is a tag's name, scalar by scalar, once the white space around it is gone; letter case matters. JSON inside
/// other text is not looked for: what a model says about tags is no answer.
///
/// One thread at a time.
package final class AnswerRules {
    package enum Limits {
        /// Bytes; several times what all names of the largest taxonomy take.
        package static let text = 512 << 10
        package static let depth = 16
    }

    private let taxonomy: Taxonomy
    private let lowercasedNames: Set<String>
    private let json = AnswerJSON(maxDepth: Limits.depth)

    package init(_ taxonomy: Taxonomy) {
        self.taxonomy = taxonomy
        lowercasedNames = Set(taxonomy.tags.map { $0.name.lowercased() })
    }

    /// - Parameters:
    ///   - text: all text blocks of the answer, one after the other.
    ///   - stopReason: as the service spells it; only `end_turn` makes an answer.
    package func read(_ text: String, stopReason: String, counts: inout AnswerCounts) -> TagAnswer {
        switch stopReason {
        case "end_turn": return read(text, &counts)
        case "max_tokens": return TagAnswer(.maxTokens)
        case "refusal": return TagAnswer(.refusal)
        case "model_context_window_exceeded": return TagAnswer(.contextWindow)
        default: return TagAnswer(.stopped)
        }
    }

    private func read(_ text: String, _ counts: inout AnswerCounts) -> TagAnswer {
        counts.answers += 1
        guard text.utf8.count <= Limits.text else {
            counts.oversized += 1
            return TagAnswer(.unusable)
        }
        let outcome = json.read(text)
        if json.isFenced { counts.fenced += 1 }
        switch outcome {
        case .empty:
            counts.empty += 1
            return TagAnswer(.unusable)
        case .tooDeep:
            counts.oversized += 1
            return TagAnswer(.unusable)
        case .invalid:
            counts.unusable += 1
            return TagAnswer(.unusable)
        case .value(let value): return answer(value, &counts)
        }
    }

    // MARK: To tags

    private func answer(_ value: JSONMembers.Member, _ counts: inout AnswerCounts) -> TagAnswer {
        var list = value
        if value.kind == .object {
            guard let member = listMember(of: value, &counts) else {
                counts.unusable += 1
                return TagAnswer(.unusable)
            }
            list = member
        } else if value.kind == .array {
            counts.bareList += 1
        }
        var places: Set<Int> = []
        var hadElements = true
        switch list.kind {
        case .null:
            counts.nullList += 1
            hadElements = false
        case .string:
            counts.bareName += 1
            take(list, &places, &counts)
        case .array:
            hadElements = list.value.count > 2
            var elements = JSONMembers(json.bytes, in: list.value)
            while let element = elements?.next() { take(element, &places, &counts) }
        case .object, .number, .bool:
            counts.unusable += 1
            return TagAnswer(.unusable)
        }
        if !places.isEmpty { return TagAnswer(tagged: places.sorted()) }
        if !hadElements { return TagAnswer(.untagged) }
        counts.onlyUnknown += 1
        return TagAnswer(.unusable)
    }

    private func listMember(of object: JSONMembers.Member, _ counts: inout AnswerCounts) -> JSONMembers.Member? {
        var tags: JSONMembers.Member?
        var renamed: JSONMembers.Member?
        var count = 0
        var members = JSONMembers(json.bytes, in: object.value)
        while let member = members?.next() {
            count += 1
            let key = UnsafeRawBufferPointer(rebasing: json.bytes[member.key])
            if JSONText.equals("tags", key) { tags = member }
            if JSONText.equals("relevant_tags", key) { renamed = member }
        }
        if tags == nil, renamed != nil { counts.renamedKey += 1 }
        let found = tags ?? renamed
        if found != nil, count > 1 { counts.extraMembers += 1 }
        return found
    }

    private func take(_ element: JSONMembers.Member, _ places: inout Set<Int>, _ counts: inout AnswerCounts) {
        guard element.kind == .string else {
            if element.kind == .null { counts.nullElements += 1 } else { counts.notNames += 1 }
            return
        }
        let text = json.bytes[(element.value.lowerBound + 1)..<(element.value.upperBound - 1)]
        guard let bytes = JSONText.unescaped(UnsafeRawBufferPointer(rebasing: text)) else {
            counts.unknown += 1
            return
        }
        let given = String(decoding: bytes, as: UTF8.self)
        let name = trimmedScalars(given)
        guard let place = taxonomy.place(of: name) else {
            counts.unknown += 1
            if lowercasedNames.contains(name.lowercased()) { counts.wrongCase += 1 }
            return
        }
        if name.utf8.count != given.utf8.count { counts.trimmed += 1 }
        if !places.insert(place).inserted { counts.duplicates += 1 }
    }
}
