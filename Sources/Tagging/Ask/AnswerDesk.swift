package import Records

/// Every answer that the run knows, and who waits for which: so that one content is asked about once, whichever files it is in.
package actor AnswerDesk {
    package enum Claim: Sendable {
        case known(KnownAnswer)
        /// Nobody has asked yet: the caller does, and settles the claim.
        case yours
        /// The one who asked could not: it may be tried again by another.
        case unanswered
    }

    private var table: AnswerTable
    private(set) var waiting: [ContentKey: [CheckedContinuation<KnownAnswer?, Never>]] = [:]

    /// - Parameter limit: so many answers of other runs are kept in mind.
    package init(limit: Int) { table = AnswerTable(limit: limit) }

    package var count: Int { table.count }

    /// What is known of each; nil for what has to be asked.
    package func known(_ keys: [ContentKey]) -> [KnownAnswer?] { keys.map { table[$0] } }

    package func add(_ key: ContentKey, _ answer: KnownAnswer) { table.add(key, answer) }

    package var limit: Int { table.limit }

    /// Whether it takes no more answers of other runs.
    package var isFull: Bool { table.isFull }

    /// Answers of other runs.
    package func addEarlier(_ lines: [AnswerLines.Line]) {
        for line in lines { table.addEarlier(line.key, line.known) }
    }

    package func claim(_ key: ContentKey) async -> Claim {
        if let answer = table[key] { return .known(answer) }
        guard waiting[key] != nil else {
            waiting[key] = []
            return .yours
        }
        let answer = await withCheckedContinuation { waiting[key]?.append($0) }
        return answer.map { .known($0) } ?? .unanswered
    }

    /// Ends a claim.
    /// - Parameter answer: nil when there is none.
    package func settle(_ key: ContentKey, _ answer: KnownAnswer?) {
        if let answer { table.add(key, answer) }
        for continuation in waiting.removeValue(forKey: key) ?? [] { continuation.resume(returning: answer) }
    }
}
