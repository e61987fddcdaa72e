import Interactions
import Support
import Synchronization

/// What a run's own tasks tell its loop.
enum RunNews: Sendable {
    case recovered(Int32, turn: Int, Result<RecoveredPartition, Failure>)
    case stored(Int32, turn: Int, StoreRequest, Result<ChunkOutcome, Failure>)
    case captured(Int32, turn: Int, Result<PartitionLedger.Capture, Failure>)
    case outOfRange(Int32, turn: Int, Result<PartitionFacts, Failure>)
    case sealed(Result<[Hour], Failure>)
    /// The store's time, and this machine's when the answer came.
    case storeTime(Result<Milliseconds, Failure>, asked: Milliseconds)
    case signal
}

/// Where tasks leave their news; the loop empties it at each turn. Bounded by the number of tasks.
final class RunMailbox: Sendable {
    private let news: Mutex<[RunNews]> = Mutex([])
    private let wake: @Sendable () -> Void

    /// - Parameter wake: ends the loop's waiting.
    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func post(_ item: RunNews) {
        news.withLock { $0.append(item) }
        wake()
    }

    func takeAll() -> [RunNews] {
        news.withLock { news in
            defer { news = [] }
            return news
        }
    }
}
