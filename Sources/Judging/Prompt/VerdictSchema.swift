/// What a judge may answer: the choices that its prompt's response schema allows. Each list goes from harmless to worst,
/// and the first verdict and severity are those of a record in which nothing was found.
package struct VerdictSchema: Sendable, Equatable, Codable {
    /// `safe`, `suspicious`, `unsafe`.
    package var verdicts: [String]
    /// `none`, `low`, …, `critical`.
    package var severities: [String]
    package var categories: [String]
    /// Of the evidence quote, in characters (Unicode scalars); a longer one is cut.
    package var longestEvidence: Int

    package init(verdicts: [String], severities: [String], categories: [String], longestEvidence: Int) {
        (self.verdicts, self.severities, self.categories) = (verdicts, severities, categories)
        self.longestEvidence = longestEvidence
    }
}
