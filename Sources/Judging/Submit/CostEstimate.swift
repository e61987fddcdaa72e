package import Prices

/// What the jobs that are not submitted yet are likely to cost.
package struct CostEstimate: Sendable, Equatable {
    /// What a verdict takes, with some thinking: by experience, not a limit.
    package static let answerTokens: Int64 = 300

    package private(set) var jobs = 0
    package private(set) var requests = 0
    package private(set) var inputTokens: Int64 = 0
    /// In millionths of a US dollar; nil when the model has no price.
    package private(set) var costMicroUsd: Int64? = 0

    package init() {}

    package mutating func add(_ input: DayState.Input, model: String, _ prices: PriceTable) {
        jobs += 1
        requests += input.lines
        inputTokens += input.tokens
        let usage = TokenUsage(input: input.tokens, output: Int64(input.lines) * Self.answerTokens)
        let cost = prices.cost(of: usage, model: shortModel(model), isBatch: true)
        costMicroUsd = costMicroUsd.flatMap { known in cost.map { known + $0 } }
    }
}
