import Testing

@testable import Judging

/// Against statsmodels' `proportion_confint(method="wilson")`.
@Suite struct WilsonTests {
    @Test(arguments: [
        (0, 25, 0, 0.133192), (25, 25, 0.866808, 1), (82, 100, 0.733326, 0.882998), (123, 150, 0.750777, 0.873242),
        (6, 6, 0.609666, 1), (94, 115, 0.736917, 0.877346),
    ])
    func intervals(_ count: Int, _ total: Int, _ low: Double, _ high: Double) throws {
        let interval = try #require(Wilson(count, of: total))
        #expect((interval.low, interval.high) == (low, high))
        #expect(abs(interval.rate - Double(count) / Double(total)) < 1e-6)
    }

    @Test func ofNothing() { #expect(Wilson(0, of: 0) == nil) }
}
