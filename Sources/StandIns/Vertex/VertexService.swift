import Support

/// The stand-in for Vertex AI: batch prediction with Gemini, and single requests. It remembers jobs as long as it lives.
actor VertexService {
    /// An answer, and the display name of the job that was made with it.
    struct Outcome: Sendable {
        var answer: Answer
        var madeJob: String?
    }

    private static let pageSizeMax = 1000

    private let settings: StandInSettings
    private let store: JobStore
    private let clock: any WallClock
    /// The oldest first.
    private var jobs: [BatchPredictionJob] = []
    private var operations: [String: JSONValue] = [:]
    private var made = 0

    init(_ settings: StandInSettings, store: JobStore, clock: any WallClock) {
        (self.settings, self.store, self.clock) = (settings, store, clock)
    }

    /// - Parameter step: what a script wants for a route and a body.
    func answer(
        _ call: Call, route: VertexRoute?, change: GeminiReply.Change,
        step: @escaping @Sendable (_ route: String, _ body: [UInt8]) -> ScriptStep?
    ) async -> Outcome {
        do throws(VertexFault) {
            guard let bearer = call.bearer, [settings.key, MetadataService.token(settings)].contains(bearer) else {
                throw VertexFault(
                    status: 401,
                    message: "Request had invalid authentication credentials. Expected OAuth 2 access token.")
            }
            guard let route else { throw .notFound("The requested URL was not found on this server.") }
            let place = VertexPlace(call)
            switch route {
            case .createJob:
                let job = try create(call, at: place)
                return Outcome(answer: Answer(json: job.json), madeJob: job.displayName)
            case .listJobs: return Outcome(answer: Answer(json: try list(call, at: place)))
            case .getJob:
                return Outcome(answer: Answer(json: try await poll(index(of: call.path[6], place), step).json))
            case .cancelJob:
                let index = try index(of: String(call.path[6].dropLast(":cancel".count)), place)
                try jobs[index].cancel(
                    steps: settings.batchSteps, delay: settings.batchDelay, now: clock.now())
                return Outcome(answer: Answer(json: [:]))
            case .deleteJob: return Outcome(answer: Answer(json: try delete(index(of: call.path[6], place))))
            case .getOperation:
                guard let operation = operations[call.path[6]] else { throw .notFound("Operation not found.") }
                return Outcome(answer: Answer(json: operation))
            case .generateContent:
                return Outcome(answer: Answer(json: try generate(call, at: place, change: change)))
            }
        } catch {
            return Outcome(answer: error.answer)
        }
    }

    private func generate(_ call: Call, at place: VertexPlace, change: GeminiReply.Change) throws(VertexFault)
        -> JSONValue
    {
        let name = String(call.path[8].dropLast(":generateContent".count))
        let model = try GeminiModel(name, at: place, retired: settings.retiredModels)
        let request = try GeminiRequest(body(of: call))
        return GeminiReply(to: request, model: model, id: nextID(), change: change).json
    }

    // MARK: - Jobs

    private func create(_ call: Call, at place: VertexPlace) throws(VertexFault) -> BatchPredictionJob {
        let message = try VertexSchema.shared.message(body(of: call), "BatchPredictionJob")
        let job = try BatchPredictionJob(
            message, id: nextID(), place: place, retired: settings.retiredModels, now: clock.now())
        for uri in job.inputURIs + [job.outputPrefix] { _ = try store.resolve(uri) }
        jobs.append(job)
        return job
    }

    private func list(_ call: Call, at place: VertexPlace) throws(VertexFault) -> JSONValue {
        for (name, _) in call.query where !["filter", "pageSize", "pageToken"].contains(name) {
            throw .invalid("\(name): not served by the stand-in")
        }
        let filter = try call.values("filter").last.flatMap { $0.isEmpty ? nil : $0 }.map { text throws(VertexFault) in
            try JobFilter(text)
        }
        guard let size = Int(call.values("pageSize").last ?? "100"), (0...VertexService.pageSizeMax).contains(size)
        else {
            throw .invalid("page_size must be from 0 to \(VertexService.pageSizeMax).")
        }
        var found = jobs.reversed().filter { job in
            job.place.number == place.number && job.place.location == place.location
                && filter?.holds(for: job.value(of:)) ?? true
        }
        if let token = call.values("pageToken").last, !token.isEmpty {
            guard let index = found.firstIndex(where: { $0.id == token }) else {
                throw .invalid("The page token is not valid.")
            }
            found.removeFirst(index + 1)
        }
        let page = found.prefix(size == 0 ? 100 : size)
        var json = JSONObject()
        if !page.isEmpty { json["batchPredictionJobs"] = .array(page.map(\.json)) }
        if page.count < found.count { json["nextPageToken"] = .optional(page.last?.id) }
        return .object(json)
    }

    /// The job after one step. Its work goes on when the caller goes away, or when it takes long.
    private func poll(
        _ index: Int, _ step: @escaping @Sendable (String, [UInt8]) -> ScriptStep?
    ) async throws(VertexFault) -> BatchPredictionJob {
        let (id, place) = (jobs[index].id, jobs[index].place)
        if jobs[index].poll(steps: settings.batchSteps, delay: settings.batchDelay, now: clock.now()) {
            let run = BatchRun(
                job: jobs[index], number: index + 1, store: store, settings: settings, now: clock.now(), step: step)
            Task { finish(id, await run.work()) }
        }
        let deadline = ContinuousClock.now + settings.jobPatience
        while true {
            let job = jobs[try self.index(of: id, place)]
            guard job.isAtWork, !job.state.isFinal, ContinuousClock.now < deadline, !Task.isCancelled else {
                return job
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    private func finish(_ id: String, _ end: BatchPredictionJob.End) {
        guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
        jobs[index].finish(end, now: clock.now())
    }

    private func delete(_ index: Int) throws(VertexFault) -> JSONValue {
        let job = jobs[index]
        guard job.state.isFinal else {
            throw .precondition("The BatchPredictionJob is in state \(job.state.name), and cannot be deleted.")
        }
        jobs.remove(at: index)
        let id = nextID()
        let operation: JSONValue = [
            "name": .string("\(job.place.resource)/operations/\(id)"),
            "metadata": [
                "@type": "type.googleapis.com/google.cloud.aiplatform.v1.DeleteOperationMetadata",
                "genericMetadata": [
                    "createTime": .string(rfc3339(clock.now())), "updateTime": .string(rfc3339(clock.now())),
                ],
            ],
            "done": true, "response": ["@type": "type.googleapis.com/google.protobuf.Empty"],
        ]
        operations[id] = operation
        return operation
    }

    // MARK: - Help

    private func index(of id: String, _ place: VertexPlace) throws(VertexFault) -> Int {
        guard
            let index = jobs.firstIndex(where: {
                $0.id == id && $0.place.number == place.number && $0.place.location == place.location
            })
        else { throw .notFound("The BatchPredictionJob does not exist: \(place.resource)/batchPredictionJobs/\(id)") }
        return index
    }

    private func body(of call: Call) throws(VertexFault) -> JSONValue {
        do {
            return try JSONValue(parsing: call.body)
        } catch {
            throw .invalid("Invalid JSON payload received. \(error)")
        }
    }

    /// Nineteen digits, as the service's.
    private func nextID() -> String {
        made += 1
        return "1" + padded(made, 18)
    }
}
