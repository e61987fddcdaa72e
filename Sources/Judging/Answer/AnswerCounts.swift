/// How often each rule of `JudgeAnswerRules` applied: in answers that were understood, and in those that were not.
package struct AnswerCounts: Sendable, Equatable, Codable {
    /// Understood.
    package var judged = 0
    /// No JSON, or JSON without a verdict of the schema.
    package var unreadable = 0
    /// Of these, longer or nested deeper than any answer needs to be: not read.
    package var oversized = 0

    /// The object stood in a Markdown code fence.
    package var fenced = 0
    /// The object was the one element of a list.
    package var listed = 0
    /// Only the verdict's name.
    package var bareVerdict = 0
    /// Keys in another spelling: other case, `evidence_quote`, …. One for each.
    package var renamedKeys = 0
    /// Choices in another case, or with other separators. One for each.
    package var respelledChoices = 0

    /// None, or none of the schema's; the severity of the verdict line is null.
    package var severityMissing = 0
    /// Categories that the schema does not have; dropped. One for each.
    package var categoriesUnknown = 0
    /// One name instead of a list; taken as a list of one.
    package var categoryBare = 0
    /// A finding without a quote.
    package var evidenceMissing = 0
    /// A list of quotes; taken as one text, a line for each.
    package var evidenceListed = 0
    /// Longer than the schema allows; cut.
    package var evidenceCut = 0
    /// Neither a number nor a text that is one.
    package var confidenceMissing = 0
    /// A text: `"0.9"`, `"90%"`.
    package var confidenceText = 0
    /// Not in 0…1; dropped.
    package var confidenceOutOfRange = 0
    /// Nothing found, and severe; or something found, of no severity. Both stay as they are.
    package var contradictions = 0

    package init() {}

    package static func += (left: inout AnswerCounts, right: AnswerCounts) {
        for path in fields { left[keyPath: path] += right[keyPath: path] }
    }

    private static var fields: [WritableKeyPath<AnswerCounts, Int>] {
        [
            \.judged, \.unreadable, \.oversized, \.fenced, \.listed, \.bareVerdict, \.renamedKeys, \.respelledChoices,
            \.severityMissing, \.categoriesUnknown, \.categoryBare, \.evidenceMissing, \.evidenceListed, \.evidenceCut,
            \.confidenceMissing, \.confidenceText, \.confidenceOutOfRange, \.contradictions,
        ]
    }
}
