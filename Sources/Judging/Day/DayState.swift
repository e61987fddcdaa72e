internal import VertexAI

/// What is known of the judging of one day: `judge/<topic>/<date>/state.json`. Changed by precondition only.
package struct DayState: Sendable, Equatable, Codable {
    package static let currentVersion = 1
    /// Warnings are for people: the first ones tell enough.
    private static let mostWarnings = 100

    package var version = DayState.currentVersion
    package var topic: String
    /// `YYYY-MM-DD`, UTC.
    package var date: String
    package var rounds: [Round] = []
    /// By number.
    package var inputs: [Input] = []
    /// What every result of the day has to say, each once: a model that was replaced, a failed canary, ….
    package var warnings: [String] = []
    /// Models that the service did not know (any more): they are not asked for again, unless there is no other.
    package var goneModels: [String] = []
    package var completeness: Completeness
    /// Of the sealed hours, by their manifests; nil as long as no hour is sealed.
    package var recordsInManifests: Int?
    /// Files that are left alone, since some of their records are in other files; nil: none.
    package var overlapping: [String]?
    /// Verdicts files, and input objects that were never sent, of records that are asked about anew: to be removed; nil:
    /// none.
    package var superseded: [String]?
    /// Whether the results say all that is collected.
    package var isReported = false

    package init(topic: String, date: String, completeness: Completeness) {
        (self.topic, self.date, self.completeness) = (topic, date, completeness)
    }

    package mutating func warn(_ warning: String) {
        if warnings.count < Self.mostWarnings, !warnings.contains(warning) { warnings.append(warning) }
    }
}

extension DayState {
    /// What was put together at once: the day's files, later ones, or what failed.
    package struct Round: Sendable, Equatable, Codable {
        package enum Purpose: String, Sendable, Codable { case first, late, retry }
        /// Announced, then done: its input objects are complete.
        package enum Phase: String, Sendable, Codable { case assembling, assembled }

        /// From 0; its place in `rounds`.
        package var number: Int
        package var purpose: Purpose
        package var phase: Phase
        /// The raw files it covers; none for a retry.
        package var files: [String]
        /// Stands for everything that decides about the input objects, but for the records.
        package var config: String
        /// The prompt's label: `security-judge-1-1a2b3c4d`.
        package var prompt: String
        /// The prompt file's, if it names one.
        package var model: String?
        /// What of the records is asked about, as a text: `0.1`.
        package var sample: String
        /// How much of them is paid for at most: tokens of one answer, with what the model thought.
        package var maxTokens: Int
        /// What answers may say, so that they can be read without the prompt file, or after it has changed.
        package var schema: VerdictSchema
        /// Of the canaries that go along, by number.
        package var canaries: [Expectation]
        package var counts: Counts
        /// Of which all have to hold, as texts; nil: none.
        package var filters: [String]?
        /// The number of its first input object, settled before it is written; nil: the state's next one.
        package var firstInput: Int?
        /// A pattern left out some of the day's files; nil: none.
        package var isRestricted: Bool?

        package init(
            number: Int, purpose: Purpose, phase: Phase, files: [String], config: String, prompt: String,
            model: String? = nil, sample: String, maxTokens: Int, schema: VerdictSchema,
            canaries: [Expectation] = [], counts: Counts = Counts()
        ) {
            (self.number, self.purpose, self.phase, self.files) = (number, purpose, phase, files)
            (self.config, self.prompt, self.model) = (config, prompt, model)
            (self.sample, self.maxTokens, self.counts) = (sample, maxTokens, counts)
            (self.schema, self.canaries) = (schema, canaries)
        }
    }

    /// What became of the records of a round's files: `records` is the sum of the others.
    package struct Counts: Sendable, Equatable, Codable {
        package var records = 0
        /// Are asked about.
        package var asked = 0
        /// Left out by the sample.
        package var notSampled = 0
        /// Left out by a filter.
        package var filtered = 0
        /// Have nothing to judge.
        package var withoutContent = 0
        /// Of those asked about: shown to the model shortened.
        package var shortened = 0

        package init() {}

        package static func += (left: inout Counts, right: Counts) {
            left.records += right.records
            left.asked += right.asked
            left.notSampled += right.notSampled
            left.filtered += right.filtered
            left.withoutContent += right.withoutContent
            left.shortened += right.shortened
        }
    }

    /// One input object, and so one job.
    package struct Input: Sendable, Equatable, Codable {
        package enum Phase: String, Sendable, Codable, Comparable {
            /// The object is there.
            case assembled
            /// A job may have been created: look before creating one.
            case submitting
            /// The job is known.
            case submitted
            /// The job has ended, however.
            case ended
            /// Its outcomes are in a verdicts file, or in a retry.
            case collected

            private var order: Int {
                switch self {
                case .assembled: 0
                case .submitting: 1
                case .submitted: 2
                case .ended: 3
                case .collected: 4
                }
            }

            package static func < (left: Phase, right: Phase) -> Bool { left.order < right.order }
        }

        /// In its name, in its requests' labels, and in the name of its verdicts file.
        package var number: Int
        package var round: Int
        /// The object's.
        package var name: String
        package var lines: Int
        package var bytes: Int64
        /// CRC-32C of its bytes.
        package var checksum: UInt32
        /// How many of its lines are canaries: the first ones.
        package var canaries: Int
        /// Of its prompts, by an estimate.
        package var tokens: Int64
        /// Of the longest one.
        package var longestPrompt: Int64
        /// How often its requests were made before.
        package var attempt: Int
        package var phase: Phase
        /// The job's, which finds it again.
        package var displayName: String?
        /// Where it was announced, `projects/…/locations/…`; nil of states that say nothing of it.
        package var parent: String?
        package var model: String?
        /// The job's resource name.
        package var job: String?
        /// The job's, as the service last called it.
        package var jobState: String?
        /// Answers that the service counts; nil: it does not say.
        package var successful: Int?
        /// `gs://…`, where the answers are.
        package var outputDirectory: String?
        /// What was collected.
        package var collected: CollectedInput?
        /// How many of its jobs came to nothing as a whole; nil: none. They were no attempts of its requests.
        package var lostJobs: Int?
        /// It was collected, and what it has no verdict of is to be asked again, however often it was. What was collected is still
        /// told in `collected`.
        package var isReopened: Bool?

        package init(
            number: Int, round: Int, name: String, lines: Int, bytes: Int64, checksum: UInt32, canaries: Int,
            tokens: Int64 = 0, longestPrompt: Int64 = 0, attempt: Int = 0, phase: Phase = .assembled
        ) {
            (self.number, self.round, self.name, self.lines) = (number, round, name, lines)
            (self.bytes, self.checksum, self.canaries) = (bytes, checksum, canaries)
            (self.tokens, self.longestPrompt, self.attempt, self.phase) = (tokens, longestPrompt, attempt, phase)
        }

        /// So many rows have to be in the job's output.
        var answersExpected: Int { successful ?? (jobState == JobState.succeeded.description ? 1 : 0) }

        /// What was collected, if it is to be taken up again.
        var reopened: CollectedInput? { phase == .ended && isReopened == true ? collected : nil }

        /// There is no job, and none was asked for.
        package mutating func withdraw() {
            phase = .assembled
            (displayName, parent, model, job) = (nil, nil, nil, nil)
            (jobState, successful, outputDirectory) = (nil, nil, nil)
        }
    }
}

extension DayState {
    /// The number of the next input object.
    package var nextInput: Int { (inputs.map(\.number).max() ?? -1) + 1 }

    /// Takes up again what is kept as unjudged, unless it was refused for its content.
    /// - Returns: how many requests that are.
    package mutating func reopenUnjudged() -> Int {
        var count = 0
        for place in inputs.indices where inputs[place].phase == .collected {
            // What was asked again is in the state as an input object of its own.
            guard let collected = inputs[place].collected, collected.retry == nil else { continue }
            let unjudged = collected.unjudged.filter { FailureReason.isRetryable($0.key) }.values.reduce(0, +)
            guard unjudged > 0 else { continue }
            count += unjudged
            (inputs[place].phase, inputs[place].isReopened) = (.ended, true)
        }
        return count
    }

    /// Puts an input object back whose job has brought nothing, so that another job is made for it.
    package mutating func putBack(_ place: Int) {
        inputs[place].withdraw()
        inputs[place].lostJobs = (inputs[place].lostJobs ?? 0) + 1
    }

    /// Whether it was gone on with as a whole day, which was complete then, or allowed not to be.
    package var isBegun: Bool { rounds.contains { $0.purpose != .retry && $0.isRestricted != true } }

    package func isGone(_ model: String) -> Bool { goneModels.contains { shortModel($0) == shortModel(model) } }

    /// Assembled, and without a job that is known.
    package var unsubmitted: [Input] { inputs.filter { $0.phase < .submitted } }

    /// Whether anything is announced and not done.
    package var isPending: Bool {
        rounds.contains { $0.phase == .assembling } || inputs.contains { $0.phase != .collected }
    }
}
