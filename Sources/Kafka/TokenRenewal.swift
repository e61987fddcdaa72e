internal import Support

/// When clients get another token, and what it means that there is none.
struct TokenRenewal {
    enum Consequence: Equatable {
        /// Brokers still take the token that they are shown.
        case none
        /// Nobody can log in until there is another.
        case locksOut
        /// And there will be none.
        case ends
    }

    static let waitAfterFailure = Duration.seconds(5)

    private var expiresAt: Milliseconds?

    /// - Returns: after how long to ask for the next: at four fifths of this one's life, as librdkafka would.
    mutating func renewed(until expiresAt: Milliseconds, at now: Milliseconds) -> Duration {
        self.expiresAt = expiresAt
        return max(.seconds(1), .milliseconds(expiresAt - now) * 4 / 5)
    }

    func failed(_ failure: Failure, at now: Milliseconds) -> Consequence {
        if let expiresAt, now < expiresAt { return .none }
        return failure.status == .unavailable ? .locksOut : .ends
    }
}
