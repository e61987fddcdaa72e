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

    /// Which model an input object's next job is to have.
    package func model(of input: DayState.Input, in state: DayState) -> String {
        if let model = input.model, model == fallback { return model }
        let model = model ?? state.rounds[input.round].model ?? Self.standardModel
        // What one job has found out holds for the others of the day.
        let isReplaced = fallback.map { fallback in state.inputs.contains { $0.model == fallback } } ?? false
        return isReplaced ? fallback ?? model : model
    }

    /// - Parameter place: of the input object in the state.
    package func submit(_ day: inout OpenDay, at place: Int) async throws(Failure) {
        let input = day.state.inputs[place]
        // Where a job may be already, it has the model that was announced.
        let announced = input.phase == .assembled ? nil : input.model
        var model = announced ?? self.model(of: input, in: day.state)
        while true {
            try await announce(&day, place, model)
            do throws(VertexError) {
                try await take(job(day.state, place), &day, place)
                return
            } catch  where error.isNotFound && fallback.map({ $0 != model }) ?? false {
                replaceModel(&day.state, place, error.message)
                model = fallback ?? model
            } catch {
                throw error.failure
            }
        }
    }

    /// What every result has to say of it.
    package func replaceModel(_ state: inout DayState, _ place: Int, _ reason: String) {
        let old = state.inputs[place].model ?? model(of: state.inputs[place], in: state)
        let new = fallback ?? old
        state.warn("\(old) is not to be had, so \(new) judges: \(reason)")
        logger.warning(
            "the model is not to be had; the fallback judges",
            metadata: ["model": "\(old)", "fallback": "\(new)", "reason": "\(reason)"])
        state.inputs[place].model = new
        state.inputs[place].phase = .assembled
        (state.inputs[place].job, state.inputs[place].jobState) = (nil, nil)
    }

    private func announce(_ day: inout OpenDay, _ place: Int, _ model: String) async throws(Failure) {
        var input = day.state.inputs[place]
        let config = day.state.rounds[input.round].config
        let name = JobName.text(input, topic: day.state.topic, date: day.state.date, config: config, model: model)
        guard input.phase != .submitting || input.displayName != name else { return }
        (input.displayName, input.model, input.phase) = (name, model, .submitting)
        day.state.inputs[place] = input
        failpoints.hit(.beforeSubmitting)
        try await states.write(&day)
        failpoints.hit(.afterSubmitting)
    }

    private func take(_ job: BatchJob, _ day: inout OpenDay, _ place: Int) async throws(VertexError) {
        failpoints.hit(.afterCreate)
        day.state.inputs[place].job = job.name
        day.state.inputs[place].jobState = job.state.description
        day.state.inputs[place].phase = .submitted
        do throws(Failure) { try await states.write(&day) } catch {
            throw VertexError(.unsent(error), message: "\(error)")
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

    /// The one that is there, or a new one.
    private func job(_ state: DayState, _ place: Int) async throws(VertexError) -> BatchJob {
        let draft = draft(state, place)
        var pauses = retrying.begin()
        while true {
            let found = try await service.batchJobs(displayName: draft.displayName)
            if let first = found.first {
                await cancel(found.dropFirst())
                return first
            }
            do throws(VertexError) {
                failpoints.hit(.beforeCreate)
                return try await service.createBatchJob(draft)
            } catch  where error.isTransient || error.mayHaveActed {
                logger.warning(
                    "no answer to the creation of a job; looking whether it is there",
                    metadata: ["display_name": "\(draft.displayName)", "error": "\(error)"])
                guard await pauses.pause(retryAfter: error.retryAfter) == .over else { throw error }
            }
        }
    }

    private func cancel(_ doubles: ArraySlice<BatchJob>) async {
        for double in doubles where !double.state.isEnded {
            do throws(VertexError) {
                try await service.cancelBatchJob(double.name)
                logger.warning("a second job of the same requests was cancelled", metadata: ["job": "\(double.name)"])
            } catch {
                logger.warning(
                    "a second job of the same requests could not be cancelled",
                    metadata: ["job": "\(double.name)", "error": "\(error)"])
            }
        }
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
