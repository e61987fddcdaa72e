/// A row that is to go to a dataset, unless it is there.
package struct PendingRow: Sendable, Equatable {
    package var id: String
    /// The interaction's id, by which rows of another make may be the same.
    package var interaction: String
    /// The row's JSON.
    package var bytes: [UInt8]

    package init(id: String, interaction: String, bytes: [UInt8]) {
        (self.id, self.interaction, self.bytes) = (id, interaction, bytes)
    }
}

/// Rows that wait until enough of them go to the same dataset: so there are few requests, and memory is bounded. Pure.
package struct Outbox: Sendable {
    /// Of one row besides its bytes, about.
    private static let rowOverhead = 512

    private struct Pile {
        var rows: [PendingRow] = []
        var ids: Set<String> = []
        var bytes = 0
    }

    private var piles: [Pile]
    private let limit: Int
    package private(set) var bytes = 0

    /// - Parameters:
    ///   - datasets: how many there are.
    ///   - limit: bytes of rows that may wait.
    package init(datasets: Int, limit: Int) {
        piles = Array(repeating: Pile(), count: datasets)
        self.limit = limit
    }

    package var isFull: Bool { bytes >= limit }

    /// - Returns: false when the same row waits already.
    package mutating func add(_ row: PendingRow, to dataset: Int) -> Bool {
        guard piles[dataset].ids.insert(row.id).inserted else { return false }
        let size = row.bytes.count + Self.rowOverhead
        piles[dataset].rows.append(row)
        piles[dataset].bytes += size
        bytes += size
        return true
    }

    /// The rows of those datasets for which most wait, until half of the room is free. The largest first.
    package mutating func takeLargest() -> [(dataset: Int, rows: [PendingRow])] {
        var taken: [(dataset: Int, rows: [PendingRow])] = []
        let order = piles.indices.sorted { (piles[$1].bytes, $0) < (piles[$0].bytes, $1) }
        for dataset in order where bytes > limit / 2 { take(dataset, into: &taken) }
        return taken
    }

    package mutating func takeAll() -> [(dataset: Int, rows: [PendingRow])] {
        var taken: [(dataset: Int, rows: [PendingRow])] = []
        for dataset in piles.indices { take(dataset, into: &taken) }
        return taken
    }

    private mutating func take(_ dataset: Int, into taken: inout [(dataset: Int, rows: [PendingRow])]) {
        guard !piles[dataset].rows.isEmpty else { return }
        taken.append((dataset, piles[dataset].rows))
        bytes -= piles[dataset].bytes
        piles[dataset] = Pile()
    }
}

/// How rows are cut into requests. Pure.
package enum RowBatches {
    /// Of one request; what Braintrust allows is not documented, and its own clients send fewer.
    package static let mostRows = 1000

    /// - Parameters:
    ///   - sizes: of the rows, in bytes.
    ///   - limit: bytes of all rows of a request, with a comma behind each; a row that is larger is a request of its own.
    package static func cut(_ sizes: [Int], limit: Int, mostRows: Int = mostRows) -> [Range<Int>] {
        var batches: [Range<Int>] = []
        var (start, bytes) = (0, 0)
        for (index, size) in sizes.enumerated() {
            if index > start, index - start == mostRows || bytes + size + 1 > limit {
                batches.append(start..<index)
                (start, bytes) = (index, 0)
            }
            bytes += size + 1
        }
        if start < sizes.count { batches.append(start..<sizes.count) }
        return batches
    }
}
