package import Support

/// What one day's judging gave: `judged/<topic>/<date>/summary.json`. Keys are snake_case; money is in millionths of a US dollar.
package struct DaySummary: Sendable, Equatable, Codable {
    package static let currentVersion = 1
    private static let mostMessages = 10

    /// What became of the day's records. Each number is counted, not derived.
    package struct Coverage: Sendable, Equatable, Codable {
        /// What the hour manifests say that the day has; nil when they do not say it.
        package var recordsInManifests: Int?
        /// In the files that were read: the sum of what was left out and of those asked about.
        package var recordsInFiles = 0
        package var withoutContent = 0
        package var filtered = 0
        package var notSampled = 0
        package var asked = 0
        package var shortened = 0
        package var judged = 0
        package var unjudged = 0
        package var unjudgedReasons: [String: Int] = [:]
        /// Asked about, and neither judged nor given up: their jobs are not done, or their lines cannot be read.
        package var open = 0
    }

    /// How often the worst verdict was given.
    package struct WorstRate: Sendable, Equatable, Codable {
        package var verdict: String
        package var count: Int
        /// Of so many: the judged ones.
        package var of: Int
        /// nil where nothing was judged, or by several prompts whose verdicts differ: then there is no rate.
        package var interval: Wilson?
        package var method = Wilson.method
        /// The share of all asked about if no unjudged one deserved that verdict, and if all did; nil when none was asked about.
        package var leastOfAsked: Double?
        package var mostOfAsked: Double?
    }

    package struct ModelPart: Sendable, Equatable, Codable {
        /// Records that have a verdict of it.
        package var verdicts = 0
        /// Answers that were paid for, also those that gave no verdict.
        package var usage = ModelUsage()
    }

    package struct Jobs: Sendable, Equatable, Codable {
        package var inputs = 0
        /// Of these, made to ask again.
        package var retries = 0
        /// By the state that they ended in.
        package var states: [String: Int] = [:]
    }

    package struct Findings: Sendable, Equatable, Codable {
        package var total = 0
        package var contradictory = 0
        package var evidence = DayTally.Evidence()
    }

    package var version = DaySummary.currentVersion
    package var program = BuildInfo.version
    package var topic: String
    package var date: String
    /// RFC 3339.
    package var generatedAt: String
    package var isComplete: Bool
    package var completeness: Completeness
    /// Labels.
    package var prompts: [String]
    /// By which records were asked about; nil in older summaries.
    package var rules: [DayRules]?
    package var coverage: Coverage
    package var verdicts: [String: Int]
    package var worst: WorstRate
    /// Of findings, as `categories`.
    package var severities: [String: Int]
    package var categories: [String: Int]
    package var hours: [DayTally.HourPart]
    package var withoutHour: Int
    package var findings: Findings
    package var models: [String: ModelPart]
    package var costMicroUsd: Int64
    package var canaries: [CollectedInput.Canary]
    package var jobs: Jobs
    package var answers: AnswerCounts
    package var rows: RowCounts
    /// What the service said of errors: the first ones that differ; nil in older summaries.
    package var messages: [String]?
    package var warnings: [String]
}

extension DaySummary {
    /// - Parameters:
    ///   - tally: of all verdicts files that the state lists.
    ///   - records: of the hour manifests; nil when they do not say it.
    ///   - now: when this is written.
    package init(
        _ state: DayState, _ tally: DayTally, schema: VerdictSchema, recordsInManifests records: Int?,
        at now: Milliseconds
    ) {
        let collected = state.inputs.compactMap(\.collected)
        var counts = DayState.Counts()
        for round in state.rounds where round.purpose != .retry { counts += round.counts }
        coverage = Coverage(counts, tally, recordsInManifests: records)
        (topic, date, generatedAt) = (state.topic, state.date, rfc3339(now))
        (completeness, isComplete) = (state.completeness, state.completeness.isComplete)
        rules = state.rules
        prompts = Array(Set(state.rules.map(\.prompt))).sorted()
        (verdicts, severities, categories) = (tally.verdicts, tally.severities, tally.categories)
        (hours, withoutHour) = (tally.hours, tally.withoutHour)
        worst = WorstRate(
            schema.verdicts.last ?? "", tally, asked: coverage.asked, isComparable: !state.hasSeveralVerdictLists)
        findings = Findings(total: tally.findings, contradictory: tally.contradictions, evidence: tally.evidence)
        models = tally.models.mapValues { ModelPart(verdicts: $0) }
        (answers, rows, canaries) = (AnswerCounts(), RowCounts(), [])
        for part in collected {
            for (model, usage) in part.usage { models[model, default: ModelPart()].usage += usage }
            answers += part.answers
            rows += part.rows
            canaries += part.canaries
        }
        costMicroUsd = models.values.reduce(0) { $0 + $1.usage.costMicroUsd }
        messages = Self.messages(collected)
        jobs = Jobs(inputs: state.inputs.count)
        for input in state.inputs {
            jobs.retries += input.attempt > 0 ? 1 : 0
            jobs.states[input.jobState ?? "none", default: 0] += 1
        }
        warnings = []
        warnings = DaySummary.warnings(state, self, tally)
    }

    private static func messages(_ collected: [CollectedInput]) -> [String] {
        var messages: [String] = []
        for message in collected.lazy.flatMap(\.messages)
        where messages.count < mostMessages && !messages.contains(message) {
            messages.append(message)
        }
        return messages
    }

    /// What the reader of any result has to know first.
    private static func warnings(
        _ state: DayState, _ summary: DaySummary, _ tally: DayTally
    ) -> [String] {
        var warnings = state.warnings + state.notes
        let coverage = summary.coverage
        if coverage.open > 0 { warnings.append("\(coverage.open) records are neither judged nor given up.") }
        if state.hasSeveralVerdictLists {
            warnings.append("Prompts with different verdicts have judged, so no rate of the worst one is told.")
        }
        let outcomes = coverage.judged + coverage.unjudged
        if outcomes > coverage.asked {
            warnings.append("\(outcomes) outcomes of \(coverage.asked) records: some are in several verdicts files.")
        }
        if tally.damaged > 0 { warnings.append("\(tally.damaged) lines of verdicts files could not be read.") }
        let unpriced = summary.models.filter { $0.value.usage.unpriced > 0 }.keys.sorted()
        if !unpriced.isEmpty { warnings.append("No price is known for \(unpriced.joined(separator: ", ")).") }
        return warnings
    }
}

extension DaySummary.Coverage {
    fileprivate init(_ counts: DayState.Counts, _ tally: DayTally, recordsInManifests: Int?) {
        self.recordsInManifests = recordsInManifests
        (recordsInFiles, withoutContent, filtered) = (counts.records, counts.withoutContent, counts.filtered)
        (notSampled, asked, shortened) = (counts.notSampled, counts.asked, counts.shortened)
        (judged, unjudged, unjudgedReasons) = (tally.judged, tally.unjudgedTotal, tally.unjudged)
        open = max(0, asked - judged - unjudged)
    }
}

extension DaySummary.WorstRate {
    /// - Parameter isComparable: whether all records could have got the verdict.
    fileprivate init(_ verdict: String, _ tally: DayTally, asked: Int, isComparable: Bool) {
        let count = tally.verdicts[verdict] ?? 0
        let interval = isComparable ? Wilson(count, of: tally.judged) : nil
        self.init(verdict: verdict, count: count, of: tally.judged, interval: interval)
        guard asked > 0, isComparable else { return }
        leastOfAsked = rounded(Double(count) / Double(asked))
        mostOfAsked = rounded(Double(count + max(0, asked - tally.judged)) / Double(asked))
    }
}
