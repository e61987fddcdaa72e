/// The course of one resumable upload, without its requests: what to do next, and what an answer means.
struct ResumableUpload: Sendable {
    enum Step: Sendable, Equatable {
        case start
        case send(session: String, range: Range<Int>)
        case askStatus(session: String)
    }

    enum Verdict: Sendable, Equatable {
        /// Take the next step at once. Progress: the server has more than it ever had.
        case goOn(isProgress: Bool)
        /// Take the next step after a pause: it did not help.
        case pause
        /// The answer to the last step is that to the whole upload.
        case final
        case nonsense(String)
    }

    private let total: Int
    private let chunkBytes: Int
    private var session: String?
    private var persisted = 0
    /// The most that was ever persisted, in any session.
    private var furthest = 0
    /// The last step may or may not have reached the server.
    private var isUncertain = false

    /// - Parameter chunkBytes: a multiple of 256 KiB, as Cloud Storage wants all chunks but the last.
    init(total: Int, chunkBytes: Int) {
        (self.total, self.chunkBytes) = (total, chunkBytes)
    }

    var next: Step {
        guard let session else { return .start }
        if isUncertain { return .askStatus(session: session) }
        return .send(session: session, range: persisted..<min(persisted + chunkBytes, total))
    }

    /// The answer to `start`.
    mutating func started(_ session: String) -> Verdict {
        self.session = session
        persisted = 0
        isUncertain = false
        return .goOn(isProgress: false)
    }

    /// The last step got no answer, or one that says to try again.
    mutating func broke() { isUncertain = true }

    /// Forgets the session: the next step starts another.
    mutating func restart() {
        session = nil
        persisted = 0
        isUncertain = false
    }

    /// The answer to `send` or `askStatus`.
    /// - Parameter persisted: with status 308, how much the server has; nil when it did not say so understandably.
    mutating func answered(status: Int, persisted: Int?) -> Verdict {
        switch status {
        case 308:
            guard let persisted, persisted <= sent else { return .nonsense("it claims bytes that were not sent") }
            return incomplete(persisted)
        case 404, 410:
            restart()
            return .pause
        default:
            return .final
        }
    }

    /// The end of what the server can have.
    private var sent: Int {
        if case .send(_, let range) = next { range.upperBound } else { total }
    }

    private mutating func incomplete(_ persisted: Int) -> Verdict {
        let wasStatus = isUncertain
        self.persisted = persisted
        // All is there and yet it is not done: only its status can tell more.
        isUncertain = persisted == total
        let isProgress = persisted > furthest
        furthest = max(furthest, persisted)
        return isProgress || (wasStatus && !isUncertain) ? .goOn(isProgress: isProgress) : .pause
    }
}
