package import Prices

/// What a run may submit yet: of `--max-cost-usd`, what its other jobs have cost, or could cost at worst, is gone. Money is in
/// millionths of a US dollar.
package struct JobBudget: Sendable {
    /// nil: no limit.
    private let most: Int64?
    /// By day and number of the input object: at worst, until it is known.
    private var costs: [String: [Int: Int64]] = [:]

    package init(most: Int64?) { self.most = most }

    /// Takes what input objects of a day could cost out of it, if that is left for all of them.
    package mutating func take(_ worst: [Int: Int64], of day: String) -> Bool {
        // One whose job has to be made again counts once.
        let ofDay = costs[day, default: [:]].merging(worst) { $1 }
        var others = costs
        others[day] = ofDay
        if let most, Self.sum(others) > most { return false }
        costs = others
        return true
    }

    /// Notes what an input object has cost, if this run took it out.
    package mutating func settle(_ cost: Int64, input: Int, of day: String) {
        if costs[day]?[input] != nil { costs[day]?[input] = cost }
    }

    package var isLimited: Bool { most != nil }
    package var left: Int64 { max(0, (most ?? .max) - Self.sum(costs)) }

    private static func sum(_ costs: [String: [Int: Int64]]) -> Int64 {
        costs.values.lazy.flatMap(\.values).reduce(0, +)
    }
}

/// Which model an input object's job is likely to have, and what it costs.
package struct JobPricing: Sendable {
    package let prices: PriceTable
    package let model: @Sendable (_ input: DayState.Input, _ state: DayState) -> String

    package init(_ submitter: JobSubmitter) {
        prices = submitter.prices
        model = { submitter.model(of: $0, in: $1) }
    }

    /// For who does not speak with the service, and so does not know which models are to be had.
    /// - Parameter asked: the model that was asked for.
    package init(prices: PriceTable, asked: String?) {
        self.prices = prices
        model = { asked ?? $1.rounds[$0.round].model ?? JobSubmitter.standardModel }
    }

    /// Of what a day has assembled and not submitted.
    /// - Parameter told: numbers of input objects that are left out.
    package func estimate(_ state: DayState, without told: Set<Int> = []) -> CostEstimate {
        var estimate = CostEstimate()
        for input in state.unsubmitted where !told.contains(input.number) { add(input, of: state, to: &estimate) }
        return estimate
    }

    /// What each of these input objects could cost at worst, by number; nil when a model has no price.
    package func worst(_ state: DayState) -> [Int: Int64]? {
        var costs: [Int: Int64] = [:]
        for input in state.unsubmitted {
            var estimate = CostEstimate()
            add(input, of: state, to: &estimate)
            guard let worst = estimate.worstMicroUsd else { return nil }
            costs[input.number] = worst
        }
        return costs
    }

    private func add(_ input: DayState.Input, of state: DayState, to estimate: inout CostEstimate) {
        estimate.add(input, maxTokens: state.rounds[input.round].maxTokens, model: model(input, state), prices)
    }
}
