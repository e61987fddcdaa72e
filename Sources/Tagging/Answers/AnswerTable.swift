package import Records

/// What is known of a content: the answer, and whether it came by messages or in a batch.
package struct KnownAnswer: Sendable, Hashable {
    package var answer: TagAnswer
    package var source: AnswerSource

    package init(_ answer: TagAnswer, from source: AnswerSource) { (self.answer, self.source) = (answer, source) }
}

/// Answers by content. Equal answers are kept once, so that an entry takes some 40 bytes.
package struct AnswerTable: Sendable {
    /// So many answers of earlier runs are enough. What this run pays for is never more than it can ask, and is kept.
    package let limit: Int
    private var indices: [ContentKey: UInt32] = [:]
    private var answers: [KnownAnswer] = []
    private var indexOf: [KnownAnswer: UInt32] = [:]

    package init(limit: Int) { self.limit = limit }

    package var count: Int { indices.count }
    package var isFull: Bool { indices.count >= limit }

    package subscript(key: ContentKey) -> KnownAnswer? { indices[key].map { answers[Int($0)] } }

    /// Unless the table is full.
    package mutating func addEarlier(_ key: ContentKey, _ answer: KnownAnswer) {
        if !isFull { add(key, answer) }
    }

    /// The first answer to a content stays.
    package mutating func add(_ key: ContentKey, _ answer: KnownAnswer) {
        guard indices[key] == nil else { return }
        let index: UInt32
        if let known = indexOf[answer] {
            index = known
        } else {
            index = UInt32(answers.count)
            answers.append(answer)
            indexOf[answer] = index
        }
        indices[key] = index
    }
}
