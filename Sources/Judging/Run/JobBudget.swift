package import Prices

/// What a run may submit yet: of `--max-cost-usd`, what the days before could cost at worst is gone.
package struct JobBudget: Sendable {
    /// In millionths of a US dollar; nil: no limit.
    private let most: Int64?
    private var spent: Int64 = 0

    package init(most: Int64?) { self.most = most }

    /// Takes what a day could cost out of it, if that is left.
    package mutating func take(_ worst: Int64) -> Bool {
        if let most, spent + worst > most { return false }
        spent += worst
        return true
    }

    /// Gives back what a day could have cost, as it is to be asked about otherwise.
    package mutating func giveBack(_ worst: Int64) { spent -= worst }

    package var isLimited: Bool { most != nil }
    /// In millionths of a US dollar.
    package var left: Int64 { max(0, (most ?? .max) - spent) }
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
    package func estimate(_ state: DayState) -> CostEstimate {
        var estimate = CostEstimate()
        for input in state.inputs where input.phase < .submitted {
            estimate.add(
                input, maxTokens: state.rounds[input.round].maxTokens, model: model(input, state), prices)
        }
        return estimate
    }
}
