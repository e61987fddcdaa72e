internal import Bytes

/// A line of a verdicts file, read again.
package struct VerdictRecord: Sendable, Equatable {
    package struct Judged: Sendable, Equatable {
        package var verdict: String
        package var severity: String?
        /// By the prompt that it was judged with; nil in older files.
        package var isFinding: Bool?
        package var isContradictory: Bool
        package var categories: [String]
        package var evidence: String
        package var isEvidenceFound: Bool?
        package var confidence: Double?
    }

    package enum Status: Sendable, Equatable {
        case judged(Judged)
        /// For this reason.
        case unjudged(String)
    }

    package var id: String
    package var hour: Int?
    package var file: String
    package var line: Int64
    package var status: Status
    package var model: String

    /// nil when it is no line that `VerdictLine` writes.
    package init?(_ line: UnsafeRawBufferPointer) {
        guard var members = JSONMembers(line), members.isObject else { return nil }
        let json = LooseJSON(bytes: line)
        var found: [String: JSONMembers.Member] = [:]
        while let member = members.next() {
            found[String(decoding: json.text(member.key), as: UTF8.self)] = member
        }
        func text(_ key: String) -> String? { json.string(found[key]) }
        func number(_ key: String) -> Double? {
            guard let member = found[key], member.kind == .number else { return nil }
            return Double(String(decoding: json.text(member.value), as: UTF8.self))
        }
        func flag(_ key: String) -> Bool? {
            guard let member = found[key], member.kind == .bool else { return nil }
            return line[member.value.lowerBound] == UInt8(ascii: "t")
        }
        guard members.isComplete, let file = text("file"), let model = text("model"), let place = number("line"),
            (0...1e15).contains(place)
        else { return nil }
        (self.file, self.model, self.line) = (file, model, Int64(place))
        id = text("id") ?? text("id_sha256").map { "sha256:\($0)" } ?? ""
        hour = number("hour").flatMap { (0...23).contains($0) ? Int($0) : nil }
        switch text("status") {
        case "judged":
            guard let verdict = text("verdict") else { return nil }
            var categories: [String] = []
            var elements = found["categories"].flatMap { JSONMembers(line, in: $0.value) }
            while let element = elements?.next() { if let name = json.string(element) { categories.append(name) } }
            status = .judged(
                Judged(
                    verdict: verdict, severity: text("severity"), isFinding: flag("finding"),
                    isContradictory: flag("contradictory") ?? false,
                    categories: categories, evidence: text("evidence") ?? "", isEvidenceFound: flag("evidence_found"),
                    confidence: number("confidence")))
        case "unjudged":
            guard let reason = text("reason") else { return nil }
            status = .unjudged(reason)
        default: return nil
        }
    }
}
