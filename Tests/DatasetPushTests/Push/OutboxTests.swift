import Testing

@testable import DatasetPush

/// How rows are gathered and cut.
@Suite struct OutboxTests {
    private func row(_ id: Int, bytes: Int = 1000) -> PendingRow {
        PendingRow(id: "\(id)", interaction: "i\(id)", bytes: Array(repeating: 0x20, count: bytes))
    }

    @Test func theSameRowWaitsOnce() {
        var outbox = Outbox(datasets: 2, limit: 10_000)
        let added = [(1, 0), (1, 0), (1, 1)].map { outbox.add(row($0.0), to: $0.1) }
        #expect(added == [true, false, true])
        let taken = outbox.takeAll().map(\.rows.count)
        #expect(taken == [1, 1])
        let isNewAgain = outbox.add(row(1), to: 0)
        #expect(isNewAgain)
    }

    @Test func whatIsMuchGoesFirst() {
        var outbox = Outbox(datasets: 3, limit: 10_000)
        for id in 0..<4 { _ = outbox.add(row(id), to: 1) }
        #expect(!outbox.isFull)
        _ = outbox.add(row(0), to: 0)
        for id in 0..<2 { _ = outbox.add(row(id), to: 2) }
        #expect(outbox.isFull)
        let taken = outbox.takeLargest()
        #expect(taken.map(\.dataset) == [1])
        #expect(taken[0].rows.map(\.id) == ["0", "1", "2", "3"])
        #expect(outbox.bytes <= 5000)
        let rest = outbox.takeAll().map(\.dataset)
        #expect(rest == [0, 2])
        #expect(outbox.bytes == 0)
    }

    @Test func batches() {
        #expect(RowBatches.cut([], limit: 10) == [])
        #expect(RowBatches.cut([1], limit: 10) == [0..<1])
        #expect(RowBatches.cut([4, 4, 4], limit: 10) == [0..<2, 2..<3])
        #expect(RowBatches.cut([9, 1, 9], limit: 10) == [0..<1, 1..<2, 2..<3])
        #expect(
            RowBatches.cut(Array(repeating: 1, count: 2001), limit: 1 << 20) == [0..<1000, 1000..<2000, 2000..<2001])
        // One that is too large is alone.
        #expect(RowBatches.cut([1, 50, 1], limit: 10) == [0..<1, 1..<2, 2..<3])
    }

    @Test func queries() {
        let rows = (0..<1001).map { row($0, bytes: 1) }
        #expect(ExistingRows.queries(for: rows).map(\.count) == [500, 500, 1])
        let long = (0..<100).map {
            PendingRow(id: "\($0)", interaction: String(repeating: "x", count: 1000), bytes: [])
        }
        #expect(ExistingRows.queries(for: long).map(\.count) == [65, 35])
        let query = ExistingRows.query(
            [
                PendingRow(id: "r1", interaction: "it's", bytes: []),
                PendingRow(id: "r2", interaction: "17", bytes: []),
                PendingRow(id: "r3", interaction: "017", bytes: []),
                PendingRow(id: "r4", interaction: "1e3", bytes: []),
            ], dataset: "d'1", cursor: "c'")
        #expect(
            query == "select: id, input.id as input_id | from: dataset('d''1')"
                + " | filter: (id in ('r1', 'r2', 'r3', 'r4') or input.id in ('it''s', '17', '017', '1e3')"
                + " or input.id in (17)) and created >= '1970-01-01T00:00:00.000Z' | limit: 1000 | cursor: 'c'''")
    }
}
