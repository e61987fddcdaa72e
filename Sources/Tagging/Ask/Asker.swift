package import Anthropic
package import HTTP
package import Logging
internal import Prices
package import Support

/// Asks the model about one content at a time, as often as it takes, and makes the answer durable.
package struct Asker: Sendable {
    /// A limit that says it is full again later than this is not believed.
    static let longestPause = Duration.seconds(120)

    package let form: QuestionForm
    package let gate: CallGate
    package let desk: AnswerDesk
    package let journal: AnswerJournal
    package let tally: TagTally
    package let wallClock: any WallClock
    private let send: @Sendable (MessageRequest) async throws(AnthropicError) -> MessageAnswer
    private let retrying: Retrying
    private let judge = RefusalJudge()
    private let logger: Logger

    package init(
        form: QuestionForm, gate: CallGate, desk: AnswerDesk, journal: AnswerJournal, tally: TagTally,
        wallClock: any WallClock, retrying: Retrying, logger: Logger,
        send: @escaping @Sendable (MessageRequest) async throws(AnthropicError) -> MessageAnswer
    ) {
        (self.form, self.gate, self.desk, self.journal, self.tally) = (form, gate, desk, journal, tally)
        (self.wallClock, self.retrying, self.logger, self.send) = (wallClock, retrying, logger, send)
    }

    /// nil when it was not asked: the budget is used up, or the run stops.
    /// - Throws: what concerns the whole run.
    package func answer(_ question: Question) async throws(Failure) -> KnownAnswer? {
        switch await desk.claim(question.key) {
        case .known(let answer): return answer
        case .unanswered: return nil
        case .yours: break
        }
        do throws(Failure) {
            let answer = try await ask(question)
            await desk.settle(question.key, answer)
            return answer
        } catch {
            await desk.settle(question.key, nil)
            throw error
        }
    }

    private func ask(_ question: Question) async throws(Failure) -> KnownAnswer? {
        guard let request = form.request(question, maxTokens: form.maxTokens) else {
            return try await keep(question, TagAnswer(.rejected))
        }
        let answersBefore = await judge.began()
        let answer: Result<KnownAnswer?, Failure>
        do throws(Failure) {
            switch try await askInTurn(question, request) {
            case .answer(let known): answer = .success(known)
            case .refused(let rejection):
                answer = .success(try await refused(question, rejection, answersBefore: answersBefore))
            }
        } catch {
            answer = .failure(error)
        }
        await judge.ended()
        return try answer.get()
    }

    /// What asking about a record came to.
    private enum End {
        /// nil when there is none.
        case answer(KnownAnswer?)
        case refused(Rejection)
    }

    private func askInTurn(_ question: Question, _ request: MessageRequest) async throws(Failure) -> End {
        let most = form.most(question, isBatch: false)
        guard await gate.enter(most) else { return .answer(nil) }
        do throws(Failure) {
            let end = try await callUntilAnswered(question, request)
            await gate.finish(most)
            return end
        } catch {
            await gate.finish(most)
            throw error
        }
    }

    /// What one call came to.
    private enum Outcome {
        case ended(End)
        /// The answer did not fit, or could not be read. It is paid for, so there is one more call only.
        case lastTry(AnthropicError?)
        case tryAgain(AnthropicError, after: Duration?)
    }

    /// Its turn has come for the first call; `finish` is the caller's.
    private func callUntilAnswered(_ question: Question, _ first: MessageRequest) async throws(Failure) -> End {
        let began = await gate.now
        var attempts = retrying.begin()
        var (request, room) = (first, form.maxTokens)
        var isLast = room == form.mostTokens
        while true {
            switch try await call(question, request, room: room, isLast: isLast) {
            case .ended(let end): return end
            case .lastTry(let error?) where isLast: return .answer(try await giveUp(question, error, began: began))
            case .lastTry:
                (room, isLast) = (form.mostTokens, true)
                request = form.request(question, maxTokens: room) ?? request
            case .tryAgain(let error, let wait):
                switch await attempts.pause(retryAfter: wait) {
                case .over: break
                case .cancelled: return .answer(nil)
                case .pastDeadline: return .answer(try await giveUp(question, error, began: began))
                }
            }
            guard await gate.enterAgain() else { return .answer(nil) }
        }
    }

    /// One call; its place is taken before, and left here.
    private func call(_ question: Question, _ request: MessageRequest, room: Int, isLast: Bool) async throws(Failure)
        -> Outcome
    {
        let message: MessageAnswer
        do throws(AnthropicError) { message = try await send(request) } catch {
            return try await failed(question, error, room: room)
        }
        await judge.answered()
        let cost = form.cost(message, of: question, room: room)
        let (read, counts) = form.answers.read(message)
        tally.answered(TokenUsage(message), cost: cost, counts)
        // The place is kept until the answer is durable: what a killed run pays twice is what was under way.
        let kept: Result<KnownAnswer, Failure>?
        if read.status != .maxTokens || isLast {
            do throws(Failure) {
                kept = .success(try await keep(question, read))
            } catch {
                kept = .failure(error)
            }
        } else {
            kept = nil
        }
        let allowance = await allowance(message.limits)
        await gate.leave(.answered(allowance, cost: cost))
        guard let kept else { return .lastTry(nil) }
        return .ended(.answer(try kept.get()))
    }

    private func failed(_ question: Question, _ error: AnthropicError, room: Int) async throws(Failure) -> Outcome {
        // What came with a success is paid for, readable or not.
        let cost = error.kind == .unreadable ? form.most(question, room: room, isBatch: false) : 0
        tally.failed(error, cost: cost)
        let decision = CallPolicy.decision(error)
        let allowance = await allowance(error.limits)
        await gate.leave(
            isTooMuch(error) ? .refused(allowance, retryAfter: error.retryAfter) : .failed(cost: cost))
        switch decision {
        case .retry where error.kind == .unreadable: return .lastTry(error)
        case .retry(let wait): return .tryAgain(error, after: wait)
        case .later:
            // Nobody waits for longer than a record is tried.
            let isLong = error.retryAfter.map { $0 > retrying.policy.deadline } ?? false
            if await judge.isTooMuch() || isLong { throw await stop(error.failure) }
            logger.warning("a record is left to the next run", metadata: ["error": "\(error)"])
            return .ended(.answer(nil))
        case .thisRecordOnly(let rejection): return .ended(.refused(rejection))
        case .stop(let failure): throw await stop(failure)
        }
    }

    private func refused(_ question: Question, _ rejection: Rejection, answersBefore: Int) async throws(Failure)
        -> KnownAnswer?
    {
        let error = rejection.failure.message
        switch await judge.verdict(isCertain: rejection.isCertain, answersBefore: answersBefore) {
        case .theRecord:
            logger.warning("a record is refused and stays untagged", metadata: ["error": "\(error)"])
            return try await keep(question, TagAnswer(.rejected))
        case .unknown:
            logger.warning("a record is refused and left to the next run", metadata: ["error": "\(error)"])
            return nil
        case .theService: throw await stop(rejection.failure)
        }
    }

    /// Others are answered: then it is the record. Nobody is, or there are too many calls: then it is the service, and the
    /// record is for the next run.
    private func giveUp(_ question: Question, _ error: AnthropicError, began: Duration) async throws(Failure)
        -> KnownAnswer
    {
        guard !isTooMuch(error), let answeredAt = await gate.answeredAt, answeredAt > began else {
            throw await stop(error.failure)
        }
        logger.warning("a record cannot be tagged after many attempts", metadata: ["error": "\(error)"])
        return try await keep(question, TagAnswer(.failed))
    }

    private func keep(_ question: Question, _ answer: TagAnswer) async throws(Failure) -> KnownAnswer {
        let known = KnownAnswer(answer, from: .model)
        do throws(Failure) {
            try await journal.append(AnswerLines.Line(key: question.key, known: known, answeredAt: wallClock.now()))
        } catch {
            // What is answered from now on would be paid for and lost.
            throw await stop(error)
        }
        return known
    }

    private func stop(_ failure: Failure) async -> Failure {
        await gate.close()
        return failure
    }

    private func isTooMuch(_ error: AnthropicError) -> Bool { error.status == 429 || error.status == 529 }

    /// Of the service's limits that are used up, the one that is full again last; else the one of requests.
    private func allowance(_ limits: RateLimits) async -> CallPace.Allowance? {
        let known = [limits.requests, limits.inputTokens, limits.outputTokens, limits.tokens].compactMap { $0 }
        let usedUp = known.filter { $0.remaining == 0 }.compactMap(\.reset).max()
        guard let reset = usedUp ?? limits.requests?.reset else { return nil }
        guard let remaining = usedUp == nil ? limits.requests?.remaining : 0 else { return nil }
        let wait = Duration.milliseconds(max(0, reset - wallClock.now()))
        let now = await gate.now
        return CallPace.Allowance(remaining: Int(clamping: remaining), resetsAt: now + min(wait, Self.longestPause))
    }
}
