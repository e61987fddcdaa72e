import Testing

@testable import Judging

@Suite struct SummaryNumbersTests {
    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")])
    func groups(_ number: Int, _ text: String) { #expect(grouped(number) == text) }

    @Test(arguments: [
        (0, "$0.0000"), (99, "$0.0001"), (9_999, "$0.0100"), (10_000, "$0.01"), (1_234_565_000, "$1,234.57"),
    ])
    func money(_ millionths: Int64, _ text: String) { #expect(dollars(millionths) == text) }

    @Test(arguments: [(0.0, "0.00 %"), (1.0, "100.00 %"), (0.0125, "1.25 %"), (0.00004, "0.00 %")])
    func shares(_ share: Double, _ text: String) { #expect(percent(share) == text) }
}
