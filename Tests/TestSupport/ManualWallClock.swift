package import Support
import Synchronization

/// A wall clock that a test sets.
package final class ManualWallClock: WallClock {
    private let time: Mutex<Milliseconds>

    package init(_ time: Milliseconds) { self.time = Mutex(time) }

    package func now() -> Milliseconds { time.withLock { $0 } }
    package func advance(by milliseconds: Milliseconds) { time.withLock { $0 += milliseconds } }
}
