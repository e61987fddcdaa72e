import DatasetPush
import Testing

struct RefusalsTests {
    /// The number of the first refusal that ends it.
    private func end(of refusals: Refusals, rows: Int) -> Int? {
        var refusals = refusals
        return (1...1000).first { _ in !refusals.noteRefused(rows: rows) }
    }

    @Test func aDatasetThatTookNothingIsGivenUp() {
        #expect(end(of: Refusals(), rows: 1) == Refusals.mostRequests)
        #expect(end(of: Refusals(), rows: 8) == Refusals.mostRequests)
        #expect(!Refusals().hasTaken)
    }

    @Test func oneThatTookSomethingMayRefuseSomeRows() {
        var refusals = Refusals()
        refusals.noteTaken()
        #expect(refusals.hasTaken)
        #expect(end(of: refusals, rows: 8) == nil)
        #expect(end(of: refusals, rows: 1) == Refusals.mostRows + 1)
    }

    @Test func rowsCountAlsoFromBefore() {
        var refusals = Refusals()
        for _ in 0..<30 { _ = refusals.noteRefused(rows: 1) }
        refusals.noteTaken()
        #expect(end(of: refusals, rows: 1) == Refusals.mostRows - 29)
    }
}
