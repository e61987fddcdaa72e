import Support

/// The stand-in for the Claude API, without HTTP: what it remembers between calls. It waits for nothing; the time is given.
struct AnthropicService: Sendable {
    /// An answer that is not sent yet.
    struct Prepared: Sendable {
        var answer: Answer
        /// Of messages that were answered.
        var usage: TokenUsage?
        fileprivate var cached: PromptCache.Plan?

        init(answer: Answer, usage: TokenUsage? = nil) {
            (self.answer, self.usage) = (answer, usage)
        }

        /// Whether it is an answer of the model, not a refusal.
        var isMessage: Bool { cached != nil }
    }

    private var cache = PromptCache()
    private var limits: RateLimits
    private var batches: MessageBatches
    private var made = 0
    private var generator: SplitMix64

    init(_ settings: StandInSettings, now: Milliseconds) {
        limits = RateLimits(
            requests: settings.requestsPerMinute, inputTokens: settings.inputTokensPerMinute,
            outputTokens: settings.outputTokensPerMinute, now: now)
        batches = MessageBatches(delay: settings.batchDelay)
        generator = SplitMix64(seed: settings.seed)
    }

    /// The answer to a call, which changes what has to be known for the next ones but for what `sent` does.
    mutating func prepare(
        _ request: Result<AnthropicRequest, AnthropicFault>, call: Call, override: MessageReply.Override,
        script: inout Script, now: Milliseconds
    ) -> Prepared {
        var usage: TokenUsage?
        do throws(AnthropicFault) {
            switch try request.get() {
            case .message(let message): return try reply(to: message, override: override, now: now)
            case .count(let message):
                return Prepared(answer: success(["input_tokens": .integer(message.inputTokens)]))
            case .createBatch(let items):
                return Prepared(answer: success(try batches.create(items, now: now).json(base: call.base)))
            case .other(let route):
                usage = endBatches(script: &script, now: now)
                return Prepared(answer: try answer(route, call, now: now), usage: usage)
            }
        } catch {
            return Prepared(answer: fault(error), usage: usage)
        }
    }

    /// The answer begins to be sent.
    mutating func sent(_ prepared: Prepared, now: Milliseconds) {
        if let plan = prepared.cached { cache.commit(plan, now: now) }
    }

    private mutating func reply(
        to message: MessageRequest, override: MessageReply.Override, now: Milliseconds
    ) throws(AnthropicFault) -> Prepared {
        if let wait = limits.admit(now: now) {
            return Prepared(
                answer: tooMany("This request would exceed your organization's rate limit", retryAfter: wait))
        }
        let plan = cache.plan(message, now: now)
        let reply = MessageReply(to: message, usage: plan.usage, override: override)
        limits.spend(reply.usage, now: now)
        var answer = success(reply.json(id: nextID("msg_"), model: message.model.id, tier: "standard"))
        answer.headers.merge(limits.headers) { $1 }
        var prepared = Prepared(answer: answer, usage: reply.usage)
        prepared.cached = plan
        return prepared
    }

    private mutating func answer(
        _ route: AnthropicRoute, _ call: Call, now: Milliseconds
    ) throws(AnthropicFault) -> Answer {
        let id = call.path.count > 3 ? call.path[3] : call.path.last ?? ""
        switch route {
        case .listBatches: return success(try batches.page(of: call))
        case .getBatch: return success(try batches.batch(id).json(base: call.base))
        case .cancelBatch: return success(try batches.cancel(id, now: now).json(base: call.base))
        case .deleteBatch:
            try batches.delete(id)
            return success(["id": .string(id), "type": "message_batch_deleted"])
        case .batchResults:
            let batch = try batches.batch(id)
            guard batch.hasEnded else { throw .notFound("Message Batch \(id) has no results yet.") }
            return Answer(
                headers: ["request-id": nextID("req_")], body: batch.results(using: &generator),
                type: "application/x-jsonl")
        case .listModels: return success(try Page(call).list(ClaudeModel.all, id: \.id, json: \.json))
        case .getModel:
            guard let model = ClaudeModel.named(id) else { throw .notFound("model: \(id)") }
            return success(model.json)
        case .messages, .countTokens, .createBatch: throw .notFound("Not Found")
        }
    }

    /// Answers the requests of batches that are due; what they cost together.
    private mutating func endBatches(script: inout Script, now: Milliseconds) -> TokenUsage? {
        var total: TokenUsage?
        for batch in batches.due(now: now) {
            var answers: [MessageBatch.Outcome] = []
            for item in batch.itemsToAnswer { answers.append(outcome(of: item, &script, &total, now: now)) }
            batches.end(batch, answers: answers)
        }
        return total
    }

    private mutating func outcome(
        of item: MessageBatch.Item, _ script: inout Script, _ total: inout TokenUsage?, now: Milliseconds
    ) -> MessageBatch.Outcome {
        var step: ScriptStep?
        if !script.steps.isEmpty {
            let line: JSONValue = ["custom_id": .string(item.customID), "params": item.params]
            step = script.next(route: "batches.item", service: "", body: line.bytes)
        }
        do throws(AnthropicFault) {
            switch step?.outcome ?? .succeeded {
            case .canceled: return .canceled
            case .expired: return .expired
            case .errored:
                throw AnthropicFault(
                    status: step?.status ?? 500, type: step?.errorType,
                    message: step?.message ?? "A script asked for it.")
            case .succeeded, .blocked, .missing, .duplicated, .partial: break
            }
            let request = try MessageRequest(item.params, version: item.version, use: .batchItem)
            let plan = cache.plan(request, now: now)
            cache.commit(plan, now: now)
            let override = MessageReply.Override(text: step?.text, stopReason: step?.stopReason)
            let reply = MessageReply(to: request, usage: plan.usage, override: override)
            var sum = total ?? TokenUsage()
            sum += reply.usage
            total = sum
            return .succeeded(reply.json(id: nextID("msg_"), model: request.model.id, tier: "batch"))
        } catch {
            return .errored(error.json(requestID: nextID("req_")))
        }
    }

    // MARK: - Answers

    private mutating func nextID(_ prefix: String) -> String {
        made += 1
        return prefix + padded(made, 24)
    }

    private mutating func success(_ json: JSONValue) -> Answer {
        Answer(headers: ["request-id": nextID("req_"), "anthropic-organization-id": "devcloud"], json: json)
    }

    mutating func fault(_ fault: AnthropicFault) -> Answer {
        let id = nextID("req_")
        return Answer(status: fault.status, headers: ["request-id": id], json: fault.json(requestID: id))
    }

    /// 429.
    mutating func tooMany(_ message: String, retryAfter: Int) -> Answer {
        var answer = fault(AnthropicFault(status: 429, message: message))
        answer.headers.merge(limits.headers) { $1 }
        answer.headers["retry-after"] = String(retryAfter)
        return answer
    }
}
