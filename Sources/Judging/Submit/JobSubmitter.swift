package import HTTP
package import Logging
internal import ObjectStorage
package import Prices
package import Support
internal import VertexAI

/// Gives one input object to the service, as exactly one job.
///
/// The service does not know a request again, so the state says first that a job may be there; from then on jobs of its display
/// name are looked for before one is created. What was created by a run that was killed, or whose answer was lost, is adopted;
/// should there be two, the oldest counts and the others are cancelled.
package struct JobSubmitter: Sendable {
    package static let standardModel = "publishers/google/models/gemini-2.5-flash"

    package let service: any BatchService
    package let states: StateStore
    /// That was asked for; nil: the prompt file's, or else the standard one.
    package let model: String?
    /// Takes over when the service does not know the model (any more).
    package let fallback: String?
    package let prices: PriceTable
    package let failpoints: Failpoints
    package let retrying: Retrying
    package let logger: Logger

    package init(
        service: any BatchService, states: StateStore, model: String?, fallback: String?, prices: PriceTable,
        failpoints: Failpoints, retrying: Retrying, logger: Logger
    ) {
        (self.service, self.states, self.model, self.fallback) = (service, states, model, fallback)
        (self.prices, self.failpoints, self.retrying, self.logger) = (prices, failpoints, retrying, logger)
    }

    // MARK: The model

    /// Which model an input object's next job is to have. What one job has found out about it holds for the others of the day.
    package func model(of input: DayState.Input, in state: DayState) -> String {
        model(asked: state.rounds[input.round].model, in: state)
    }

    /// - Parameter prompt: the prompt file's model.
    func model(asked prompt: String?, in state: DayState) -> String {
        let asked = asked(prompt)
        return state.isGone(asked) ? fallback ?? asked : asked
    }

    /// The model to ask for, whether it is to be had or not.
    func asked(_ prompt: String?) -> String { model ?? prompt ?? Self.standardModel }

    /// Whether the fallback may take over from a model.
    package func canReplace(_ model: String, in state: DayState) -> Bool {
        guard let fallback else { return false }
        return shortModel(fallback) != shortModel(model) && !state.isGone(fallback)
    }

    /// What every result has to say of it.
    package func replaceModel(_ state: inout DayState, _ place: Int, _ reason: String) {
        let old = state.inputs[place].model ?? model(of: state.inputs[place], in: state)
        let new = fallback ?? old
        state.warn("\(old) is not to be had, so \(new) judges: \(reason)")
        logger.warning(
            "the model is not to be had; the fallback judges",
            metadata: ["model": "\(old)", "fallback": "\(new)", "reason": "\(reason)"])
        if !state.isGone(old) { state.goneModels.append(old) }
        state.inputs[place].withdraw()
    }

    // MARK: One input object

    package enum Outcome: Sendable {
        case submitted
        /// The model is not to be had, and nothing was made: what the fallback may cost is to be looked at first.
        case modelReplaced
    }

    /// - Parameters:
    ///   - place: of the input object in the state.
    ///   - mayCreate: asked before each creation: whether this run is still the only one.
    package func submit(
        _ day: inout OpenDay, at place: Int, mayCreate: @Sendable () -> Bool
    ) async throws(Failure) -> Outcome {
        // Of a run that was stopped: whatever it asked for counts, if it was heard.
        if day.state.inputs[place].phase == .submitting {
            try requireSamePlace(day.state.inputs[place])
            if let known = try await known(day.state, place) {
                try await take(known, &day, place)
                return .submitted
            }
        }
        let model = model(of: day.state.inputs[place], in: day.state)
        try await announce(&day, place, model)
        let outcome = await maker.make(draft(day.state, place), mayCreate: mayCreate)
        switch outcome {
        case .made(let job):
            try await take(job, &day, place)
            return .submitted
        case .refused(let error)
        where error.isNotFound && isAbout(error.message, model: model) && canReplace(model, in: day.state):
            replaceModel(&day.state, place, error.message)
            try await states.write(&day)
            return .modelReplaced
        case .refused(let error):
            // So that the next run may ask for something else. If it cannot be written, that one looks for the job first.
            day.state.inputs[place].withdraw()
            do throws(Failure) { try await states.write(&day) } catch {
                logger.warning("the refusal of a job could not be noted", metadata: ["error": "\(error)"])
            }
            throw error.failure
        case .unknown(let error): throw error.failure
        case .overtaken:
            throw Failure(
                .conflict, "another run has taken over \(day.state.topic) of \(day.state.date)", remedy: "run again")
        }
    }

    private var maker: JobMaker {
        JobMaker(service: service, failpoints: failpoints, retrying: retrying, logger: logger)
    }

    /// The job that was announced, if there is one.
    private func known(_ state: DayState, _ place: Int) async throws(Failure) -> BatchJob? {
        do throws(VertexError) { return try await maker.known(draft(state, place)) } catch { throw error.failure }
    }

    /// A job that may be there is not seen from elsewhere, and would be made, and paid, a second time.
    private func requireSamePlace(_ input: DayState.Input) throws(Failure) {
        guard let parent = input.parent, parent != service.parent else { return }
        throw Failure(
            .usage,
            "a job of \(input.name) was asked for in \(parent) and not answered, so it may be there; "
                + "this run looks in \(service.parent)",
            remedy:
                "run with that --gcp-project and --gcp-location until it is found or made; others may be named afterwards"
        )
    }

    private func announce(_ day: inout OpenDay, _ place: Int, _ model: String) async throws(Failure) {
        var input = day.state.inputs[place]
        let config = day.state.rounds[input.round].config
        let name = JobName.text(
            input, in: states.store.location, topic: day.state.topic, date: day.state.date, config: config, model: model
        )
        guard input.phase != .submitting || input.displayName != name else { return }
        (input.displayName, input.model, input.phase) = (name, model, .submitting)
        input.parent = service.parent
        day.state.inputs[place] = input
        failpoints.hit(.beforeSubmitting)
        try await states.write(&day)
        failpoints.hit(.afterSubmitting)
    }

    private func take(_ job: BatchJob, _ day: inout OpenDay, _ place: Int) async throws(Failure) {
        failpoints.hit(.afterCreate)
        day.state.inputs[place].job = job.name
        day.state.inputs[place].jobState = job.state.description
        day.state.inputs[place].phase = .submitted
        do throws(Failure) { try await states.write(&day) } catch {
            if error.status == .conflict { await leave(job, day.state, place) }
            throw error
        }
        failpoints.hit(.afterSubmitted)
        logger.info(
            "submitted",
            metadata: [
                "job": "\(job.name)", "display_name": "\(job.displayName)",
                "requests": "\(day.state.inputs[place].lines)",
                "model": "\(day.state.inputs[place].model ?? "")",
            ])
    }

    /// Another run has changed the state meanwhile: unless that one has the same job, or will find it, nobody would look at it.
    private func leave(_ job: BatchJob, _ state: DayState, _ place: Int) async {
        guard let now = try? await states.read(state.topic, state.date)?.state else { return }
        let mine = state.inputs[place]
        let other = now.inputs.first { $0.number == mine.number && $0.checksum == mine.checksum }
        let isWanted = other?.job == job.name || other?.job == nil && other?.displayName == mine.displayName
        if !isWanted { await maker.cancel(job) }
    }

    private func draft(_ state: DayState, _ place: Int) -> BatchJobDraft {
        let input = state.inputs[place]
        let names = JudgeNames(topic: state.topic)
        let location = states.store.location
        return BatchJobDraft(
            displayName: input.displayName ?? "", model: input.model ?? "",
            inputURIs: ["\(location)/\(input.name)"],
            outputPrefix: "\(location)/\(names.output(of: state.date, number: input.number))",
            labels: ["job": "batch-judge"])
    }
}
