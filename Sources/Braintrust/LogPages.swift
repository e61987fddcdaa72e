package import Support

/// A row of a project's logs that no page can bring.
package struct UnreadableRow: Sendable, Equatable, Codable {
    /// Its `_pagination_key`.
    package var key: String
    package var id: String?
    package var reason: String
}

/// The logs of a project, page by page, ordered by `_pagination_key`: so that whoever stops can go on behind the last key, and
/// nothing comes twice. The key orders by the time of writing; rows that are written meanwhile come last.
package struct LogPages {
    private let client: BraintrustClient
    private let projectID: String
    private let since: Milliseconds?
    private let until: Milliseconds?
    private var size: PageSize
    private var isAtEnd = false
    /// Of the last row that was given out; to be handed to `init` by who goes on later.
    package private(set) var lastKey: String?
    private var unreadable: [UnreadableRow] = []
    /// Answers that were not whole, however often they were asked for.
    package private(set) var partialPages = 0
    private static let attempts = 3

    /// - Parameters:
    ///   - since: rows created then or later, and before `until`.
    ///   - key: rows behind this one only.
    ///   - pageSize: rows asked for at once.
    package init(
        _ client: BraintrustClient, projectID: String, since: Milliseconds?, until: Milliseconds?,
        after key: String? = nil, pageSize: Int = 1000
    ) {
        (self.client, self.projectID, self.since, self.until) = (client, projectID, since, until)
        lastKey = key
        size = PageSize(most: pageSize)
    }

    /// The next rows, at least one; nil at the end.
    package mutating func next() async throws(BraintrustError) -> BTQLPage? {
        guard !isAtEnd else { return nil }
        var page = try await ask()
        for _ in 1..<LogPages.attempts where !page.isWhole { page = try await ask() }
        if !page.isWhole { partialPages += 1 }
        // Without a cursor there is no further page; but it is not relied on when the page is full.
        if page.rows.count < size.current, page.cursor == nil { isAtEnd = true }
        size.answered()
        if page.rows.isEmpty {
            isAtEnd = true
            return nil
        }
        return try new(in: page)
    }

    /// The rows that were left out since this was asked last, since each of them alone is more than can be read.
    package mutating func takeUnreadable() -> [UnreadableRow] {
        defer { unreadable = [] }
        return unreadable
    }

    /// What is to be said of answers that were not whole; nil when all were.
    package var doubt: String? {
        guard partialPages > 0 else { return nil }
        return "Braintrust says of \(partialPages) answers that they are not whole; rows written last may be missing"
    }

    private mutating func ask() async throws(BraintrustError) -> BTQLPage {
        while true {
            do throws(BraintrustError) {
                let canShrink = size.canShrink
                return try await client.query(
                    query("*", limit: size.current), unless: { canShrink && $0.wantsSmallerPage })
            } catch {
                guard size.canShrink, error.wantsSmallerPage else {
                    guard error.isOfRows else { throw error }
                    try await leaveOut(error)
                    continue
                }
                size.shrink()
            }
        }
    }

    /// Goes on behind the next row.
    private mutating func leaveOut(_ fault: BraintrustError) async throws(BraintrustError) {
        let page = try await client.query(query("_pagination_key, id", limit: 1))
        guard let row = page.rows.first, let key = page.text("_pagination_key", ofRow: row),
            lastKey.map({ isBefore($0, key) }) ?? true
        else { throw fault }
        unreadable.append(UnreadableRow(key: key, id: page.text("id", ofRow: row), reason: fault.message))
        lastKey = key
    }

    private func query(_ members: String, limit: Int) -> String {
        // There is always one of the ranges that the service's strict mode asks for.
        var conditions = ["created >= \(btqlLiteral(rfc3339(since ?? 0)))"]
        if let until { conditions.append("created < \(btqlLiteral(rfc3339(until)))") }
        if let lastKey { conditions.append("_pagination_key > \(btqlLiteral(lastKey))") }
        return "select: \(members) | from: project_logs(\(btqlLiteral(projectID))) spans"
            + " | filter: \(conditions.joined(separator: " and "))"
            + " | sort: _pagination_key asc | limit: \(limit)"
    }

    /// The page without rows that came before.
    private mutating func new(in page: BTQLPage) throws(BraintrustError) -> BTQLPage {
        let start = lastKey
        var kept: [Range<Int>] = []
        kept.reserveCapacity(page.rows.count)
        for row in page.rows {
            guard let key = page.text("_pagination_key", ofRow: row) else {
                throw BraintrustError(.unreadable, message: "a row of the logs has no _pagination_key")
            }
            if let lastKey, !isBefore(lastKey, key) {
                guard key == lastKey || start.map({ !isBefore($0, key) }) ?? false else {
                    throw BraintrustError(.unreadable, message: "the logs do not come in the order of _pagination_key")
                }
                continue
            }
            lastKey = key
            kept.append(row)
        }
        guard !kept.isEmpty else {
            throw BraintrustError(.unreadable, message: "the logs begin again instead of ending")
        }
        return kept.count == page.rows.count ? page : page.keeping(kept)
    }

    private func isBefore(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// How many rows to ask for at once: half as many when the service fails, more again when it does not.
struct PageSize {
    private static let pagesUntilMore = 4

    private(set) var current: Int
    private let most: Int
    private var pagesInRow = 0

    init(most: Int) {
        self.most = max(1, most)
        current = self.most
    }

    var canShrink: Bool { current > 1 }

    mutating func shrink() {
        current = max(1, current / 2)
        pagesInRow = 0
    }

    mutating func answered() {
        pagesInRow += 1
        guard pagesInRow >= PageSize.pagesUntilMore else { return }
        current = min(most, current * 2)
        pagesInRow = 0
    }
}
