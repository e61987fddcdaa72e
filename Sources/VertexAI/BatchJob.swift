package import Support

/// What becomes of a batch job (`JOB_STATE_…`).
package enum JobState: Sendable, Equatable, CustomStringConvertible {
    case queued, pending, running, succeeded, failed, cancelling, cancelled, paused, expired, updating
    case partiallySucceeded
    /// Another name, or an empty one where there is none.
    case other(String)

    private static let names: [(String, JobState)] = [
        ("JOB_STATE_QUEUED", .queued), ("JOB_STATE_PENDING", .pending), ("JOB_STATE_RUNNING", .running),
        ("JOB_STATE_SUCCEEDED", .succeeded), ("JOB_STATE_FAILED", .failed), ("JOB_STATE_CANCELLING", .cancelling),
        ("JOB_STATE_CANCELLED", .cancelled), ("JOB_STATE_PAUSED", .paused), ("JOB_STATE_EXPIRED", .expired),
        ("JOB_STATE_UPDATING", .updating), ("JOB_STATE_PARTIALLY_SUCCEEDED", .partiallySucceeded),
    ]

    package init(_ name: String) {
        self = JobState.names.first { $0.0 == name }?.1 ?? .other(printable(name, limit: 60))
    }

    /// As the API spells it.
    package var description: String {
        if case .other(let name) = self { return name }
        return JobState.names.first { $0.1 == self }?.0 ?? ""
    }

    /// It will not change any more, and there is no more output to come.
    package var isEnded: Bool {
        switch self {
        case .succeeded, .failed, .cancelled, .expired, .partiallySucceeded: true
        case .queued, .pending, .running, .cancelling, .paused, .updating, .other: false
        }
    }
}

/// A batch prediction job as the API tells of it.
package struct BatchJob: Sendable, Equatable {
    /// Why a job came to nothing (google.rpc.Status).
    package struct Problem: Sendable, Equatable {
        package var code: Int
        /// Cut, and without control characters.
        package var message: String

        package init(code: Int, message: String) { (self.code, self.message) = (code, message) }
    }

    /// `projects/NUMBER/locations/L/batchPredictionJobs/ID`.
    package var name: String
    package var displayName: String
    package var model: String
    package var state: JobState
    /// What it was made of (`BatchJobDraft`); nil where the answer does not say.
    package var inputURIs: [String]?
    package var outputPrefix: String?
    package var createTime: Milliseconds?
    package var endTime: Milliseconds?
    /// Where its output is; the only place that says so.
    package var outputDirectory: String?
    package var error: Problem?
    /// Requests that it has answered, as far as the service says it.
    package var successful: Int?

    package init(
        name: String, displayName: String, model: String, state: JobState, inputURIs: [String]? = nil,
        outputPrefix: String? = nil, createTime: Milliseconds? = nil, endTime: Milliseconds? = nil,
        outputDirectory: String? = nil, error: Problem? = nil, successful: Int? = nil
    ) {
        (self.name, self.displayName, self.model, self.state) = (name, displayName, model, state)
        (self.inputURIs, self.outputPrefix) = (inputURIs, outputPrefix)
        (self.createTime, self.endTime) = (createTime, endTime)
        (self.outputDirectory, self.error, self.successful) = (outputDirectory, error, successful)
    }
}

extension BatchJob: Decodable {
    private enum Key: String, CodingKey {
        case name, displayName, model, state, inputConfig, outputConfig, createTime, endTime, outputInfo, error
        case completionStats
    }

    private struct Input: Decodable {
        struct Source: Decodable { var uris: [String] }
        var gcsSource: Source
    }

    private struct Destination: Decodable {
        struct Folder: Decodable { var outputUriPrefix: String }
        var gcsDestination: Folder
    }

    private struct Output: Decodable { var gcsOutputDirectory: String? }

    private struct Stats: Decodable { var successfulCount: Count? }

    /// JSON has it as a string, since it has 64 bits.
    private struct Count: Decodable {
        var value: Int?

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            value = (try? container.decode(String.self)).map { Int($0) } ?? (try? container.decode(Int.self))
        }
    }

    private struct Status: Decodable {
        var code: Int?
        var message: String?
    }

    /// Only the name and the state are needed to go on with a job; anything else that is not as it should be is left out.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func text(_ key: Key) -> String? { try? values.decode(String.self, forKey: key) }
        name = try values.decode(String.self, forKey: .name)
        guard VertexName.location(ofJob: name) != nil else {
            throw DecodingError.dataCorruptedError(forKey: .name, in: values, debugDescription: "not a job's name")
        }
        (displayName, model) = (text(.displayName) ?? "", text(.model) ?? "")
        state = JobState(try values.decodeIfPresent(String.self, forKey: .state) ?? "")
        inputURIs = (try? values.decode(Input.self, forKey: .inputConfig))?.gcsSource.uris
        outputPrefix = (try? values.decode(Destination.self, forKey: .outputConfig))?.gcsDestination.outputUriPrefix
        createTime = text(.createTime).flatMap(parseTimestamp)
        endTime = text(.endTime).flatMap(parseTimestamp)
        outputDirectory = (try? values.decode(Output.self, forKey: .outputInfo))?.gcsOutputDirectory
        let status = try? values.decode(Status.self, forKey: .error)
        error = status.map { Problem(code: $0.code ?? 0, message: printable($0.message ?? "", limit: 400)) }
        let stats = try? values.decode(Stats.self, forKey: .completionStats)
        successful = stats?.successfulCount?.value
    }
}

extension BatchJob {
    /// Whether it may have been made of this draft: of two stores, equal requests may have equal names. What an answer does not say
    /// is no difference.
    package func mayBe(_ draft: BatchJobDraft) -> Bool {
        func folder(_ prefix: String) -> Substring { prefix.hasSuffix("/") ? prefix.dropLast() : prefix[...] }
        return displayName == draft.displayName && (inputURIs ?? draft.inputURIs) == draft.inputURIs
            && outputPrefix.map { folder($0) == folder(draft.outputPrefix) } ?? true
    }
}

/// A batch prediction job to be: JSON Lines in a bucket, answered by a model into another place.
package struct BatchJobDraft: Sendable, Equatable {
    /// At most 128 characters. Names are not unique.
    package var displayName: String
    /// Short (`gemini-2.5-flash`) or full.
    package var model: String
    /// `gs://…`
    package var inputURIs: [String]
    /// `gs://…`; the job makes a directory of its own there.
    package var outputPrefix: String
    package var labels: [String: String]

    package init(
        displayName: String, model: String, inputURIs: [String], outputPrefix: String, labels: [String: String] = [:]
    ) {
        (self.displayName, self.model, self.inputURIs) = (displayName, model, inputURIs)
        (self.outputPrefix, self.labels) = (outputPrefix, labels)
    }
}

/// `BatchJobDraft` as the API takes it.
struct BatchJobBody: Encodable {
    struct Source: Encodable { var uris: [String] }
    struct Input: Encodable {
        var instancesFormat = "jsonl"
        var gcsSource: Source
    }
    struct Destination: Encodable { var outputUriPrefix: String }
    struct Output: Encodable {
        var predictionsFormat = "jsonl"
        var gcsDestination: Destination
    }

    var displayName: String
    var model: String
    var inputConfig: Input
    var outputConfig: Output
    var labels: [String: String]?

    init(_ draft: BatchJobDraft, model: String) {
        displayName = draft.displayName
        self.model = model
        inputConfig = Input(gcsSource: Source(uris: draft.inputURIs))
        outputConfig = Output(gcsDestination: Destination(outputUriPrefix: draft.outputPrefix))
        labels = draft.labels.isEmpty ? nil : draft.labels
    }
}
