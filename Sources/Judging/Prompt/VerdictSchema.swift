/// What a judge may answer: the choices that its prompt's response schema allows. Each list goes from harmless to worst,
/// and the first verdict and severity are those of a record in which nothing was found.
package struct VerdictSchema: Sendable, Equatable {
    /// `safe`, `suspicious`, `unsafe`.
    package var verdicts: [String]
    /// `none`, `low`, …, `critical`.
    package var severities: [String]
    package var categories: [String]
    /// Of the evidence quote, in characters (Unicode scalars); a longer one is cut.
    package var longestEvidence: Int
    /// The schema itself, as a request says it: minified JSON.
    package var json: [UInt8]

    package init(
        verdicts: [String], severities: [String], categories: [String], longestEvidence: Int, json: [UInt8]
    ) {
        (self.verdicts, self.severities, self.categories) = (verdicts, severities, categories)
        (self.longestEvidence, self.json) = (longestEvidence, json)
    }
}
