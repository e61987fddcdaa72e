/// A judge's answer, by places in the lists of its prompt's schema.
package struct VerdictAnswer: Sendable, Equatable {
    package var verdict: Int
    /// nil when the answer named none that the schema has.
    package var severity: Int?
    /// Distinct, in the schema's order.
    package var categories: [Int]
    /// A quote; empty when there is none.
    package var evidence: String
    /// 0…1; nil when the answer gave none, or none that is in there.
    package var confidence: Double?
    /// One of verdict and severity says that there is something, and the other that there is not.
    package var isContradictory: Bool

    package init(
        verdict: Int, severity: Int? = nil, categories: [Int] = [], evidence: String = "", confidence: Double? = nil,
        isContradictory: Bool = false
    ) {
        (self.verdict, self.severity, self.categories) = (verdict, severity, categories)
        (self.evidence, self.confidence, self.isContradictory) = (evidence, confidence, isContradictory)
    }

    /// The first verdict is that of a record in which nothing was found.
    package var isFinding: Bool { verdict > 0 || isContradictory }
}

/// What became of one request.
package enum RowOutcome: Sendable, Equatable {
    case judged(VerdictAnswer)
    case failed(FailureReason)
}
