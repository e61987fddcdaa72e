import Prices
import Testing

@testable import Judging

@Suite struct CostEstimateTests {
    private func input(_ lines: Int, tokens: Int64, longest: Int64) -> DayState.Input {
        DayState.Input(
            number: 0, round: 0, name: "i", lines: lines, bytes: 1, checksum: 1, canaries: 0, tokens: tokens,
            longestPrompt: longest)
    }

    /// In and out cost a dollar for a million tokens, or three and two when the prompt is longer than 1,000; half of that in a batch.
    private func prices() throws -> PriceTable {
        let json = """
            {"date": "2026-11-01", "source": "s", "currency": "USD", "unit": "million tokens", "models": {"m": \
            {"input": 1, "output": 1, "cache_write_5m": 1, "cache_write_1h": 1, "cache_read": 1, "batch_factor": 0.5, \
            "long_prompt": {"above": 1000, "input": 3, "output": 2, "cache_write_5m": 1, "cache_write_1h": 1, \
            "cache_read": 1}}}}
            """
        return try PriceTable(json: Array(json.utf8), name: "prices")
    }

    @Test(
        arguments: [
            // Many short prompts are no long one.
            (100_000, 100_000 * 900, 900, 2000, (90_000_000 + 30_000_000) / 2, (90_000_000 + 200_000_000) / 2),
            // Most are short, and one is not.
            (10, 9000, 1001, 2000, (9000 + 3000) / 2, (3 * 9000 + 2 * 20_000) / 2),
            (10, 20_000, 3000, 2000, (3 * 20_000 + 2 * 3000) / 2, (3 * 20_000 + 2 * 20_000) / 2),
            // Answers that may not be as long as they usually are.
            (10, 1000, 100, 64, (1000 + 640) / 2, (1000 + 640) / 2),
        ] as [(Int, Int64, Int64, Int, Int64, Int64)])
    func likelyAndWorst(lines: Int, tokens: Int64, longest: Int64, maxTokens: Int, likely: Int64, worst: Int64) throws {
        var estimate = CostEstimate()
        try estimate.add(
            input(lines, tokens: tokens, longest: longest), maxTokens: maxTokens, model: "publishers/google/models/m",
            prices())
        #expect((estimate.costMicroUsd, estimate.worstMicroUsd) == (likely, worst))
        #expect((estimate.jobs, estimate.requests, estimate.inputTokens) == (1, lines, tokens))
    }

    @Test func aModelWithoutAPrice() throws {
        var estimate = CostEstimate()
        for model in ["m", "other", "m"] {
            try estimate.add(input(1, tokens: 100, longest: 100), maxTokens: 100, model: model, prices())
        }
        #expect(estimate.costMicroUsd == nil)
        #expect(estimate.worstMicroUsd == nil)
        #expect(estimate.jobs == 3)
    }
}
