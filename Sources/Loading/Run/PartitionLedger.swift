import Interactions
package import Support

/// Where the reading of one partition stands, and what follows from it. Pure: offsets and times in, decisions out.
///
/// `position` is the next offset to read. It moves over records, and over what holds none (control records, compacted
/// offsets) when the broker says that the end is reached.
package struct PartitionLedger: Sendable, Equatable {
    /// An end offset, and when it was asked for (before the question, on the store's clock). The time is nil when the clocks
    /// disagree, or when the rest is held back: then nothing is closed.
    package struct Capture: Sendable, Equatable {
        package var end: Int64
        package var at: Milliseconds?
        /// Offsets behind `end` that were there, and that an open transaction holds back.
        package var heldBack: Int64 = 0

        package init(end: Int64, at: Milliseconds?) { (self.end, self.at) = (end, at) }

        package var logEnd: Int64 { end + heldBack }
    }

    package enum Phase: Sendable, Equatable {
        /// Reads again what an earlier owner announced, up to this offset.
        case completing(until: Int64)
        case reading
        /// Nothing is taken any more: the end is reached, or the run stops.
        case stopped
    }

    package private(set) var phase: Phase
    package private(set) var position: Int64
    package private(set) var capture: Capture
    /// Records beyond the captured end are taken too.
    package let follows: Bool
    /// The last time that `position` moved.
    package private(set) var movedAt: Duration
    /// Where the broker said last that it lets nothing more be read.
    private var endedAt: Int64?
    /// The position up to which a drained end has been dealt with.
    private var settledCapture: Capture?

    /// - Parameters:
    ///   - start: the first offset to read.
    ///   - completingUntil: the end of an announced chunk that lacks files; nil: there is none.
    ///   - now: monotonic.
    package init(start: Int64, completingUntil: Int64?, capture: Capture, follows: Bool, now: Duration) {
        position = start
        phase = completingUntil.map { .completing(until: $0) } ?? .reading
        self.capture = capture
        self.follows = follows
        movedAt = now
    }

    /// Whether the record at this offset is to be taken now; moves over it if so.
    package mutating func take(_ offset: Int64) -> Bool {
        guard offset >= position else { return false }
        switch phase {
        case .completing(let end): guard offset < end else { return false }
        case .reading: guard follows || offset < capture.end else { return false }
        case .stopped: return false
        }
        position = offset + 1
        return true
    }

    /// Whether an announced chunk is read to its end when a record at `offset` comes (or the end of the partition).
    package func completes(at offset: Int64) -> Bool {
        if case .completing(let end) = phase { return offset >= end || position >= end }
        return false
    }

    /// The announced chunk is read; what follows is new.
    package mutating func finishCompleting() {
        guard case .completing(let end) = phase else { return }
        position = max(position, end)
        phase = .reading
    }

    /// The broker has nothing more that it lets us read, and says so at this offset: behind control records and aborted ones.
    package mutating func reachEnd(at offset: Int64) {
        guard phase == .reading else { return }
        // Unless it follows, records beyond the captured end were not taken: the position must not move over them.
        position = max(position, follows ? offset : min(offset, capture.end))
        endedAt = position
    }

    /// The broker lets nothing more be read although the captured end is not reached: a transaction is open.
    package var isHeldBack: Bool { endedAt == position && position < capture.end }

    /// Offsets that an open transaction holds back.
    package var heldBack: Int64 { isHeldBack ? capture.end - position : capture.heldBack }

    /// What is held back is left to a later run: the end is here, and it closes nothing.
    package mutating func leaveHeldBack() {
        guard isHeldBack else { return }
        let heldBack = heldBack
        capture = Capture(end: position, at: nil)
        capture.heldBack = heldBack
    }

    /// Offsets before this one are gone; reading goes on there.
    package mutating func jump(to offset: Int64) {
        guard phase != .stopped else { return }
        position = max(position, offset)
    }

    /// A record lies beyond the captured end: everything before it has come.
    package mutating func see(_ offset: Int64) {
        guard phase == .reading, offset >= capture.end else { return }
        position = max(position, min(offset, capture.end))
    }

    package mutating func progressed(now: Duration) { movedAt = now }

    /// A later end was asked for.
    package mutating func capture(_ newer: Capture) {
        guard newer.end >= capture.end else { return }
        capture = newer
        settledCapture = nil
    }

    /// The partition is read to its captured end, and this has not been dealt with.
    package var isDrained: Bool { phase == .reading && position >= capture.end && settledCapture != capture }

    /// The captured end was reached and dealt with.
    package var isSettled: Bool { settledCapture == capture }

    /// The drained end is dealt with: unless it follows, nothing more is taken.
    package mutating func settle() {
        settledCapture = capture
        if !follows { phase = .stopped }
    }

    package mutating func stop() { phase = .stopped }

    /// Nothing came for too long although the end is not reached.
    package func isStalled(now: Duration, limit: Duration) -> Bool {
        phase != .stopped && settledCapture != capture && !isDrained && now - movedAt >= limit
    }

    /// Hours before this one can be closed once the partition is drained to its captured end.
    package func closes(allowedLateness: Milliseconds, already: Hour?) -> Hour? {
        guard let at = capture.at else { return already }
        let closed = Hour(containing: at - allowedLateness)
        return already.map { max($0, closed) } ?? closed
    }
}
