package import Interactions
package import Support

/// What a run did, for its report.
package struct RunResult: Sendable {
    package var counters = ChunkCounters()
    package var chunks = 0
    package var files = 0
    /// Compressed bytes written.
    package var bytesWritten = 0
    package var sealed: [Hour] = []
    /// Loss found in this run.
    package var lost: [(partition: Int32, range: LostRange)] = []
    package var partitions: [Int32: PartitionStanding] = [:]
    /// From the start until the group first gave out partitions.
    package var groupWait: Duration?
    package var stop: StopReason?
    package var failure: Failure?

    package init() {}

    /// Every partition that this process had to the last is read to its end.
    package var isDrained: Bool { stop == nil && partitions.values.allSatisfy { $0.isReleased || $0.lag == 0 } }

    package var status: ExitStatus { exitStatus(failure: failure, isDataLost: !lost.isEmpty, isDrained: isDrained) }
}

/// How far a partition was read.
package struct PartitionStanding: Sendable, Equatable {
    package var start: Int64
    package var position: Int64
    package var logEnd: Int64
    /// Offsets before `logEnd` that an open transaction holds back.
    package var heldBack: Int64 = 0
    /// The group gave it to another process meanwhile.
    package var isReleased = false

    package init(start: Int64, position: Int64, logEnd: Int64, heldBack: Int64 = 0) {
        (self.start, self.position, self.logEnd, self.heldBack) = (start, position, logEnd, heldBack)
    }

    /// What could have been read and was not.
    package var lag: Int64 { max(0, logEnd - heldBack - position) }
}

/// Is told how a run goes.
package protocol LoadObserver: AnyObject {
    /// At each turn; a terminal shows it.
    /// Neither counters nor lag is computed unless it is shown.
    /// - Parameter isWaitingForGroup: the group has not given out its partitions yet.
    func update(_ counters: @autoclosure () -> ChunkCounters, lag: @autoclosure () -> Int64, isWaitingForGroup: Bool)

    /// Once an interval, while the run follows.
    func followed(_ soFar: RunResult)
}
