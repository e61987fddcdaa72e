/// Counts the verdicts of one day, and keeps the worst of what was found.
package struct DayTally: Sendable {
    /// A record in which something was found, for people.
    package struct Finding: Sendable, Equatable {
        package var id: String
        package var hour: Int?
        package var file: String
        package var line: Int64
        package var judged: VerdictRecord.Judged
    }

    package struct HourPart: Sendable, Equatable, Codable {
        /// UTC, 0 to 23.
        package var hour: Int
        package var verdicts: [String: Int] = [:]
        package var unjudged = 0
    }

    package struct Evidence: Sendable, Equatable, Codable {
        /// Findings whose quote occurs in the record.
        package var found = 0
        /// Findings whose quote does not: the judge made it up, or did not quote.
        package var notFound = 0
        package var missing = 0
    }

    package private(set) var judged = 0
    /// By reason.
    package private(set) var unjudged: [String: Int] = [:]
    package private(set) var verdicts: [String: Int] = [:]
    /// Of findings.
    package private(set) var severities: [String: Int] = [:]
    /// Of findings; one that has several counts in each.
    package private(set) var categories: [String: Int] = [:]
    package private(set) var hours: [HourPart]
    /// Of files that are not named by hours.
    package private(set) var withoutHour = 0
    /// Verdicts by model.
    package private(set) var models: [String: Int] = [:]
    package private(set) var contradictions = 0
    package private(set) var evidence = Evidence()
    package private(set) var findings = 0
    /// Lines that could not be read.
    package private(set) var damaged = 0

    private let schema: VerdictSchema
    private let mostListed: Int
    private var candidates: [Finding] = []

    /// - Parameter mostListed: findings that are kept.
    package init(schema: VerdictSchema, mostListed: Int) {
        (self.schema, self.mostListed) = (schema, mostListed)
        hours = (0..<24).map { HourPart(hour: $0) }
        for verdict in schema.verdicts { verdicts[verdict] = 0 }
        for severity in schema.severities.dropFirst() { severities[severity] = 0 }
        for category in schema.categories { categories[category] = 0 }
    }

    package var unjudgedTotal: Int { unjudged.values.reduce(0, +) }

    /// - Parameter record: nil for a line that could not be read.
    package mutating func add(_ record: VerdictRecord?) {
        guard let record else { return damaged += 1 }
        if record.hour == nil { withoutHour += 1 }
        switch record.status {
        case .unjudged(let reason):
            unjudged[reason, default: 0] += 1
            if let hour = record.hour { hours[hour].unjudged += 1 }
        case .judged(let judged):
            self.judged += 1
            verdicts[judged.verdict, default: 0] += 1
            models[record.model, default: 0] += 1
            if let hour = record.hour { hours[hour].verdicts[judged.verdict, default: 0] += 1 }
            if judged.isContradictory { contradictions += 1 }
            let isFinding = judged.verdict != schema.verdicts.first || judged.isContradictory
            if judged.isFinding ?? isFinding { find(record, judged) }
        }
    }

    private mutating func find(_ record: VerdictRecord, _ judged: VerdictRecord.Judged) {
        findings += 1
        severities[judged.severity ?? "unknown", default: 0] += 1
        for category in judged.categories { categories[category, default: 0] += 1 }
        switch judged.isEvidenceFound {
        case true?: evidence.found += 1
        case false?: evidence.notFound += 1
        case nil: evidence.missing += 1
        }
        candidates.append(
            Finding(id: record.id, hour: record.hour, file: record.file, line: record.line, judged: judged))
        if candidates.count >= 2 * max(mostListed, 1) { candidates = Array(sorted().prefix(mostListed)) }
    }

    /// The worst first; at most so many as are kept.
    package var listed: [Finding] { Array(sorted().prefix(mostListed)) }

    private func sorted() -> [Finding] {
        func rank(_ finding: Finding) -> (Int, Int, Double) {
            let severity = finding.judged.severity.flatMap { schema.severities.firstIndex(of: $0) } ?? 0
            // A verdict of another prompt, which this schema does not have, is looked at rather than passed over.
            let verdict = schema.verdicts.firstIndex(of: finding.judged.verdict) ?? schema.verdicts.count
            return (verdict, severity, finding.judged.confidence ?? 0)
        }
        func place(_ finding: Finding) -> (Int, String, Int64) { (finding.hour ?? 24, finding.file, finding.line) }
        return candidates.sorted { left, right in
            let (one, other) = (rank(left), rank(right))
            return one == other ? place(left) < place(right) : one > other
        }
    }
}
