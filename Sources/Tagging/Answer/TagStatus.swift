/// How a record's tags came about, or why it has none. The raw value is the record's `tag_status`; the list of tags is
/// empty for all but `tagged`.
package enum TagStatus: String, Sendable, Codable, CaseIterable {
    case tagged
    /// The model says that no tag fits.
    case untagged
    /// The record has neither input nor output; nobody was asked.
    case noContent = "no_content"
    /// The answer was cut at the greatest length that was tried.
    case maxTokens = "max_tokens"
    /// The model declined to answer.
    case refusal
    /// The shortened record did not fit into the model's context.
    case contextWindow = "context_window"
    /// The model stopped for a reason that is none of these.
    case stopped
    /// The answer holds nothing that could be used: no JSON, no list, or only names that are no tags.
    case unusable
    /// The service did not accept the request for this record (400, 413).
    case rejected
    /// The service gave no answer, as often as it was asked.
    case failed
}

/// How the model was asked.
package enum AnswerSource: String, Sendable, Codable, CaseIterable {
    /// By itself, in a message.
    case model
    case batch
    /// The record has no content, or there was no answer.
    case nobody = "none"
}

/// The tags of one record, or why it has none.
package struct TagAnswer: Sendable, Hashable {
    package var status: TagStatus
    /// Places in the taxonomy, ascending; empty unless the status is `tagged`.
    package var tags: [Int]

    package init(tagged tags: [Int]) {
        precondition(!tags.isEmpty)
        (status, self.tags) = (.tagged, tags)
    }

    /// One without tags.
    package init(_ status: TagStatus) {
        precondition(status != .tagged)
        (self.status, tags) = (status, [])
    }
}
