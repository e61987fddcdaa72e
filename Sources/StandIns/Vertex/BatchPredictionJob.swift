import Support

/// A batch prediction job. It goes on when somebody asks for it: see `poll`.
struct BatchPredictionJob: Sendable {
    enum State: String, Sendable {
        case queued, pending, running, succeeded, failed, cancelling, cancelled, expired
        case partiallySucceeded = "partially_succeeded"

        /// As the API says it.
        var name: String { "JOB_STATE_\(rawValue.uppercased())" }
        var isFinal: Bool { [.succeeded, .failed, .cancelled, .expired, .partiallySucceeded].contains(self) }
    }

    /// What the work came to.
    struct End: Sendable {
        var state: State
        var error: VertexFault?
        var outputDirectory: String?
        var successful = 0
        var failed = 0
        /// Requests without an answer.
        var incomplete = 0
    }

    let id: String
    let place: VertexPlace
    let displayName: String
    let model: GeminiModel
    let inputURIs: [String]
    let outputPrefix: String
    let labels: JSONObject
    let created: Milliseconds
    private(set) var state = State.queued
    private var polls = 0
    private var updated: Milliseconds
    private var started: Milliseconds?
    private var ended: Milliseconds?
    private var end: End?
    /// The share of its requests that is answered when it is cancelled.
    private var shareDone = 1.0
    /// Its work was begun.
    private(set) var isAtWork = false

    private static let displayNameMax = 128

    /// From the body of a create.
    init(
        _ body: JSONObject, id: String, place: VertexPlace, retired: Set<String>, now: Milliseconds
    ) throws(VertexFault) {
        func required(_ value: JSONValue?, _ name: String) throws(VertexFault) -> String {
            guard let text = value?.string, !text.isEmpty else { throw .invalid("\(name) is required.") }
            return text
        }
        let input = body["inputConfig"] ?? nil
        let output = body["outputConfig"] ?? nil
        displayName = try required(body["displayName"], "display_name")
        guard displayName.count <= BatchPredictionJob.displayNameMax else {
            throw .invalid("display_name has \(displayName.count) characters, at most 128 are allowed.")
        }
        model = try GeminiModel(resource: try required(body["model"], "model"), at: place, retired: retired)
        for (config, format, name) in [
            (input, "instancesFormat", "instances_format"), (output, "predictionsFormat", "predictions_format"),
        ] {
            guard try required(config[format], name) == "jsonl" else { throw .invalid("\(name) must be jsonl here.") }
        }
        inputURIs = (input["gcsSource"]?["uris"]?.array ?? []).compactMap(\.string)
        guard !inputURIs.isEmpty else { throw .invalid("input_config.gcs_source.uris is required.") }
        outputPrefix = try required(
            output["gcsDestination"]?["outputUriPrefix"], "output_config.gcs_destination.output_uri_prefix")
        labels = body["labels"]?.object ?? JSONObject()
        try GeminiRequest.check(labels: labels, lengthMax: 64)
        (self.id, self.place, created, updated) = (id, place, now, now)
    }

    // MARK: - Going on

    /// Somebody asked for the job: one step further, but not past the end of its work.
    ///
    /// - Parameters:
    ///   - steps: how many times it is asked for until it has ended.
    ///   - delay: how long it takes at least.
    /// - Returns: whether its work is to be done now.
    mutating func poll(steps: Int, delay: Milliseconds, now: Milliseconds) -> Bool {
        guard !state.isFinal else { return false }
        polls += 1
        if state != .cancelling {
            let isDue = polls >= steps && now >= created + delay
            let next: State = polls == 1 && !isDue ? .pending : .running
            if next == .running, started == nil { started = now }
            if next != state { updated = now }
            state = next
            guard isDue else { return false }
        }
        guard !isAtWork else { return false }
        isAtWork = true
        return true
    }

    mutating func cancel(steps: Int, delay: Milliseconds, now: Milliseconds) throws(VertexFault) {
        guard !state.isFinal else {
            throw .precondition("The BatchPredictionJob is in state \(state.name), and cannot be cancelled.")
        }
        state = .cancelling
        updated = now
        let elapsed = delay > 0 ? Double(now - created) / Double(delay) : Double(polls) / Double(max(steps, 1))
        shareDone = min(1, max(0, elapsed))
    }

    /// How many of its requests are to be answered.
    func answered(of count: Int) -> Int { Int(Double(count) * shareDone) }

    mutating func finish(_ end: End, now: Milliseconds) {
        self.end = end
        state = state == .cancelling && end.error == nil ? .cancelled : end.state
        (ended, updated) = (now, now)
        if started == nil { started = now }
    }

    // MARK: - As the API shows it

    var name: String { "\(place.resource)/batchPredictionJobs/\(id)" }

    func value(of field: String) -> String? {
        switch field {
        case "display_name": displayName
        case "model_display_name": model.id
        case "state": state.name
        case "create_time": rfc3339(created)
        default: labels[String(field.dropFirst("labels.".count))]?.string
        }
    }

    var json: JSONValue {
        var json = JSONObject([
            ("name", .string(name)), ("displayName", .string(displayName)), ("model", .string(model.resource)),
            (
                "inputConfig",
                [
                    "instancesFormat": "jsonl", "gcsSource": ["uris": .array(inputURIs.map(JSONValue.string))],
                ]
            ),
            (
                "outputConfig",
                ["predictionsFormat": "jsonl", "gcsDestination": ["outputUriPrefix": .string(outputPrefix)]]
            ),
            ("state", .string(state.name)), ("createTime", .string(rfc3339(created))),
            ("updateTime", .string(rfc3339(updated))), ("modelVersionId", "1"),
        ])
        if !labels.members.isEmpty { json["labels"] = .object(labels) }
        if let started { json["startTime"] = .string(rfc3339(started)) }
        if let ended { json["endTime"] = .string(rfc3339(ended)) }
        if let error = end?.error { json["error"] = error.jobError }
        guard let end, let directory = end.outputDirectory else { return .object(json) }
        json["outputInfo"] = ["gcsOutputDirectory": .string(directory)]
        var stats = JSONObject([
            ("successfulCount", .string(String(end.successful))), ("failedCount", .string(String(end.failed))),
        ])
        if end.incomplete > 0 { stats["incompleteCount"] = .string(String(end.incomplete)) }
        json["completionStats"] = .object(stats)
        return .object(json)
    }
}
