/// What tokens cost, by a file that has a date: prices change, and are not to be had from the API.
package struct PriceTable: Sendable, Equatable {
    /// Micro-dollars (millionths of a US dollar) for a million tokens.
    struct Rates: Sendable, Equatable {
        var input: Int64
        var output: Int64
        var cacheWrite5m: Int64
        var cacheWrite1h: Int64
        var cacheRead: Int64
    }

    struct Model: Sendable, Equatable {
        var rates: Rates
        /// A prompt of more tokens, cached ones included, is billed by these as a whole.
        var longPrompt: LongPrompt?
        /// What of the price a batch pays, in thousandths.
        var batchFactor: Int64
        /// Where these were looked up, if not where the others were.
        var source: String?
    }

    struct LongPrompt: Sendable, Equatable {
        var above: Int64
        var rates: Rates
    }

    /// When the prices were looked up: `YYYY-MM-DD`.
    package let date: String
    /// Where, but for models that name a source of their own.
    let source: String
    let models: [String: Model]

    /// The models with a price, sorted.
    package var modelNames: [String] { models.keys.sorted() }

    /// Where the price of a model was looked up; nil when it has none.
    package func source(of name: String) -> String? { model(name).map { $0.source ?? source } }

    /// What one answer costs, in micro-dollars, rounded to the nearest; nil when the model has no price.
    ///
    /// The price depends on the length of the single prompt, so costs can be added up, but usages must not be before, unless
    /// it is said how long those prompts are.
    /// - Parameter prompt: tokens of the single prompt; nil: the usage is of one answer.
    package func cost(of usage: TokenUsage, prompt: Int64? = nil, model name: String, isBatch: Bool) -> Int64? {
        guard let model = model(name) else { return nil }
        var rates = model.rates
        if let long = model.longPrompt, prompt ?? usage.prompt > long.above { rates = long.rates }
        let parts: [(tokens: Int64, rate: Int64)] = [
            (usage.input, rates.input), (usage.output, rates.output), (usage.cacheRead, rates.cacheRead),
            (usage.cacheWrite5m, rates.cacheWrite5m), (usage.cacheWrite1h, rates.cacheWrite1h),
        ]
        let full = parts.reduce(Int128(0)) { $0 + Int128($1.tokens) * Int128($1.rate) }
        let thousandths = full * Int128(isBatch ? model.batchFactor : 1000)
        return Int64(clamping: (thousandths + 500_000_000) / 1_000_000_000)
    }

    /// A model is found by its name, also when that ends with the date of a version: `claude-haiku-4-5-20251001`.
    private func model(_ name: String) -> Model? {
        if let model = models[name] { return model }
        let version = name.utf8.suffix(9)
        guard version.count == 9, version.first == UInt8(ascii: "-"),
            version.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return models[String(name.dropLast(9))]
    }
}
