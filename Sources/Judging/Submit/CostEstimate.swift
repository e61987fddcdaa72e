package import Prices

/// What jobs may cost, before it is known.
package struct CostEstimate: Sendable, Equatable {
    /// What a verdict takes, with some thinking: by experience, not a limit.
    package static let answerTokens = 300

    package private(set) var jobs = 0
    package private(set) var requests = 0
    package private(set) var inputTokens: Int64 = 0
    /// In millionths of a US dollar; nil when a model has no price.
    package private(set) var costMicroUsd: Int64? = 0
    /// The same when each answer is as long as it may be. Prompts are only estimated, but rather too long than too short.
    package private(set) var worstMicroUsd: Int64? = 0

    package init() {}

    /// - Parameter maxTokens: of an answer, with what the model thinks.
    package mutating func add(_ input: DayState.Input, maxTokens: Int, model: String, _ prices: PriceTable) {
        jobs += 1
        requests += input.lines
        inputTokens += input.tokens
        func cost(_ answer: Int, prompt: Int64) -> Int64? {
            let usage = TokenUsage(input: input.tokens, output: Int64(input.lines) * Int64(answer))
            return prices.cost(of: usage, prompt: prompt, model: shortModel(model), isBatch: true)
        }
        let usual = input.tokens / Int64(max(1, input.lines))
        costMicroUsd.add(cost(min(maxTokens, Self.answerTokens), prompt: usual))
        worstMicroUsd.add(cost(maxTokens, prompt: input.longestPrompt))
    }
}

extension Int64? {
    /// Of what is not known, the sum is not known.
    mutating func add(_ other: Int64?) { self = flatMap { known in other.map { known + $0 } } }
}
