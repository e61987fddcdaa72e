/// Follows what the group asked for and what has been answered: one question at a time, and a later one takes the
/// place of an earlier one.
struct Rebalance {
    enum Question: Equatable {
        case assign([Int32])
        case revoke([Int32])

        /// What is given up when the answer is to give up.
        var revoked: [Int32] { if case .revoke(let partitions) = self { partitions } else { [] } }
    }

    /// What to tell librdkafka.
    enum Answer: Equatable {
        case assign([PartitionStart])
        case addToAssignment([PartitionStart])
        case unassignAll
        case removeFromAssignment([Int32])
    }

    private(set) var question: Question?

    mutating func ask(_ question: Question) { self.question = question }

    /// - Parameters:
    ///   - starts: for an assignment that the group gave, exactly its partitions; without a group, any.
    ///   - subscribed: whether partitions come from the group.
    ///   - cooperative: whether the group's protocol adds and removes partitions one by one.
    mutating func assign(
        _ starts: [PartitionStart], subscribed: Bool, cooperative: Bool
    ) throws(KafkaError) -> Answer {
        guard subscribed else { return .assign(starts) }
        guard case .assign(let asked) = question, Set(asked) == Set(starts.map(\.partition)) else {
            throw KafkaError(.staleMember, message: "the group no longer gives these partitions", isRetriable: true)
        }
        question = nil
        return cooperative ? .addToAssignment(starts) : .assign(starts)
    }

    /// - Returns: nil when nothing is being revoked.
    mutating func completeRevocation(cooperative: Bool) -> (partitions: [Int32], answer: Answer)? {
        guard case .revoke(let partitions) = question else { return nil }
        question = nil
        return (partitions, cooperative ? .removeFromAssignment(partitions) : .unassignAll)
    }
}
