/// Whether it is rows that a dataset refuses, or the dataset that takes none. Pure.
package struct Refusals: Sendable, Equatable {
    /// Requests that a dataset may refuse before it has taken one: halving finds one row among a thousand with the second of
    /// them, and a part without any of twenty bad ones with less than this.
    package static let mostRequests = 40
    /// Rows that a dataset may refuse in a run: each takes some twenty requests to find.
    package static let mostRows = 100

    /// Some request has brought rows to the dataset.
    package private(set) var hasTaken = false
    private var requests = 0
    private var rows = 0

    package init() {}

    package mutating func noteTaken() { hasTaken = true }

    /// - Parameter count: rows of the request.
    /// - Returns: whether to go on with parts of it, and with other requests.
    package mutating func noteRefused(rows count: Int) -> Bool {
        requests += 1
        if count == 1 { rows += 1 }
        return hasTaken ? rows <= Self.mostRows : requests < Self.mostRequests
    }
}
