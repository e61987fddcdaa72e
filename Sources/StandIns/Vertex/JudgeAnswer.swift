/// What stands in for a judge: phrases that occur in the user's text, nothing that understands it.
///
/// It fills whatever schema is asked for by the keyword rule of `KeywordAnswer`. A schema that has them gets besides:
/// `verdict`, `severity`, `categories`, `evidence` (a piece of the user's text around the phrase) and `confidence`.
struct JudgeAnswer: Sendable {
    private struct Rule: Sendable {
        let category: String
        let severity: String
        let phrases: [String]
    }

    /// In lower case.
    private static let rules = [
        Rule(
            category: "prompt_injection", severity: "high",
            phrases: [
                "ignore previous", "ignore all", "ignore the above", "ignore your", "disregard", "system prompt",
                "new instructions", "override your",
            ]),
        Rule(
            category: "data_exfiltration", severity: "critical",
            phrases: ["exfiltrat", "send it to http", "send them to http", "api key", "password", "private key"]),
        Rule(
            category: "jailbreak", severity: "medium",
            phrases: ["jailbreak", "do anything now", "developer mode", "without any restrictions", "no restrictions"]),
        Rule(
            category: "unsafe_output", severity: "high",
            phrases: ["rm -rf", "build a bomb", "malware", "ransomware", "explosive", "poison"]),
        Rule(
            category: "pii_leak", severity: "medium",
            phrases: ["social security", "credit card", "passport number", "date of birth", "iban"]),
        Rule(category: "policy_violation", severity: "low", phrases: ["policy violation", "against the policy"]),
    ]
    /// The phrases that begin with each byte, and their rules' indices.
    private static let phrases: [[(rule: Int, bytes: [UInt8])]] = {
        var phrases: [[(rule: Int, bytes: [UInt8])]] = Array(repeating: [], count: 256)
        for (index, rule) in rules.enumerated() {
            for phrase in rule.phrases {
                let bytes = Array(phrase.utf8)
                phrases[Int(bytes[0])].append((index, bytes))
            }
        }
        return phrases
    }()
    private static let severities = ["none", "low", "medium", "high", "critical"]

    let value: JSONValue

    /// - Parameter schema: a JSON schema.
    init(schema: JSONObject, text: String) {
        var value = KeywordAnswer(schema: OutputSchema(unchecked: schema), text: text).value
        let properties = schema["properties"]?.object ?? JSONObject()
        if var object = value.object, properties["verdict"] != nil {
            let found = JudgeAnswer.findings(in: text)
            let worst = found.compactMap { JudgeAnswer.severities.firstIndex(of: $0.rule.severity) }.max() ?? 0
            func fill(_ name: String, _ wanted: JSONValue) {
                guard let property = properties[name] else { return }
                let choices = property["enum"]?.array
                if let choices, !choices.contains(wanted) { return }
                object[name] = wanted
            }
            fill("verdict", .string(worst == 0 ? "safe" : worst < 3 ? "suspicious" : "unsafe"))
            fill("severity", .string(JudgeAnswer.severities[worst]))
            let allowed = properties["categories"]?["items"]?["enum"]?.array
            let categories = found.map { JSONValue.string($0.rule.category) }
            fill("categories", .array(categories.filter { allowed?.contains($0) ?? true }))
            fill("evidence", .string(found.first.map { JudgeAnswer.evidence(text, around: $0.range) } ?? ""))
            fill("confidence", .number(found.isEmpty ? 0.75 : 0.9))
            value = .object(object)
        }
        self.value = value
    }

    /// For each rule that holds, its first phrase in the text.
    private static func findings(in text: String) -> [(rule: Rule, range: Range<Int>)] {
        let lowered = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        var ranges: [Range<Int>?] = Array(repeating: nil, count: rules.count)
        for index in lowered.indices {
            for (rule, phrase) in phrases[Int(lowered[index])]
            where ranges[rule] == nil && lowered[index...].starts(with: phrase) {
                ranges[rule] = index..<index + phrase.count
            }
        }
        return zip(rules, ranges).compactMap { rule, range in range.map { (rule, $0) } }
    }

    /// The sentence, or what of it is near; never across a quote, a backslash or a line's end.
    private static func evidence(_ text: String, around range: Range<Int>) -> String {
        let ends: Set<UInt8> = Set(#".!?"\<>"#.utf8).union([0x0A, 0x0D])
        let bytes = Array(text.utf8)
        var (start, end) = (range.lowerBound, range.upperBound)
        while start > 0, range.lowerBound - start < 60, !ends.contains(bytes[start - 1]) { start -= 1 }
        while end < bytes.count, end - range.upperBound < 60, !ends.contains(bytes[end]) { end += 1 }
        // Not within a character.
        while start < range.lowerBound, bytes[start] & 0xC0 == 0x80 || bytes[start] == 0x20 { start += 1 }
        while end > range.upperBound, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        while end > range.upperBound, bytes[end - 1] == 0x20 { end -= 1 }
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
