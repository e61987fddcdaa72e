internal import Bytes
package import Records

/// How records become requests: the same for all files of a round.
package struct JudgeRules: Sendable {
    /// Of one job (the service's own limits); its file may have a gigabyte, of whichever kind.
    package static let mostLines = 200_000
    package static let mostBytes: Int64 = 1_000_000_000
    /// Of one job, in characters: what is collected is in memory.
    static let mostEvidence = 60_000_000

    package var prompt: JudgePrompt
    package var fields: RecordFields
    package var shortening: Shortening
    package var sample: Sample
    /// All have to hold.
    package var filters: [RecordFilter]
    package var mostLines: Int
    package var mostBytes = JudgeRules.mostBytes

    package init(
        prompt: JudgePrompt, fields: RecordFields, shortening: Shortening, sample: Sample = .all,
        filters: [RecordFilter] = []
    ) {
        (self.prompt, self.fields, self.shortening) = (prompt, fields, shortening)
        (self.sample, self.filters) = (sample, filters)
        mostLines = min(Self.mostLines, Self.mostEvidence / max(1, prompt.schema.longestEvidence))
    }

    /// Stands for all of it: equal rules make equal input objects of equal files. 16 hex digits.
    package var config: String {
        let pointers = [fields.id] + fields.input + fields.output
        let texts =
            [
                "judge 1", prompt.hash, "shortening \(Shortening.version)", "\(shortening.inputTokens)",
                "\(shortening.outputTokens)", sample.description, "\(mostLines)", "\(mostBytes)",
                "\(fields.input.count)",
            ] + pointers.map(\.description) + filters.map(\.description)
        return String(FramedHash.hex(texts).prefix(16))
    }
}
