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
        /// The server no longer has what nobody else has either.
        case lost
        case nonsense(String)
    }

    private let chunkBytes: Int
    /// The bytes of the object that can be sent: those before are let go of, those behind are not there yet.
    private var held: Range<Int>
    /// Nothing comes behind `held`.
    private var isComplete: Bool
    private(set) var session: String?
    /// The server has all before this.
    private(set) var persisted = 0
    /// The most that was ever persisted, in any session.
    private var furthest = 0
    /// The last step may or may not have reached the server.
    private var isUncertain = false

    /// - Parameter chunkBytes: a multiple of 256 KiB, as Cloud Storage wants all chunks but the last.
    init(held: Range<Int>, isComplete: Bool, chunkBytes: Int) {
        (self.held, self.isComplete, self.chunkBytes) = (held, isComplete, chunkBytes)
    }

    /// More has come, or what is persisted was let go of.
    mutating func hold(_ held: Range<Int>, isComplete: Bool) {
        (self.held, self.isComplete) = (held, isComplete)
    }

    /// nil: what is left of an upload that goes on is sent with what comes. It is kept even if it is a whole chunk, for the last
    /// chunk must not be empty.
    var next: Step? {
        guard isComplete || isUncertain || held.upperBound - persisted > chunkBytes else { return nil }
        guard let session else { return .start }
        if isUncertain { return .askStatus(session: session) }
        return .send(session: session, range: persisted..<chunkEnd)
    }

    /// Also the end of what the server can have.
    private var chunkEnd: Int { min(persisted + chunkBytes, held.upperBound) }

    /// The answer to `start`.
    mutating func started(_ session: String) -> Verdict {
        begin(session)
        return .goOn(isProgress: false)
    }

    private mutating func begin(_ session: String?) {
        self.session = session
        persisted = 0
        isUncertain = false
    }

    /// The last step got no answer, or one that says to try again.
    mutating func broke() { isUncertain = true }

    /// The answer to `send` or `askStatus`.
    /// - Parameter persisted: with status 308, how much the server has; nil when it did not say so understandably.
    mutating func answered(status: Int, persisted: Int?) -> Verdict {
        switch status {
        case 308:
            guard let persisted, persisted <= chunkEnd else { return .nonsense("it claims bytes that were not sent") }
            return persisted < held.lowerBound ? .lost : incomplete(persisted)
        case 404, 410:
            begin(nil)
            return held.lowerBound > 0 ? .lost : .pause
        default:
            return .final
        }
    }

    private mutating func incomplete(_ persisted: Int) -> Verdict {
        let wasStatus = isUncertain
        self.persisted = persisted
        // All is there and yet it is not done: only its status can tell more.
        isUncertain = isComplete && persisted == held.upperBound
        let isProgress = persisted > furthest
        furthest = max(furthest, persisted)
        return isProgress || (wasStatus && !isUncertain) ? .goOn(isProgress: isProgress) : .pause
    }
}
