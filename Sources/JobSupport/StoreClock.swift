package import Logging
package import ObjectStorage
package import Support
import Synchronization

/// The store's clock, as far as this machine's can be trusted to tell it.
///
/// Hours are closed by time, and a machine whose clock runs ahead would close them too early: so the two clocks are compared
/// at the start, and now and then while a run follows. A machine that is off closes nothing.
package final class StoreClock: WallClock {
    /// More than this apart, and the clocks disagree. The store tells its time by the second.
    package static let tolerance: Milliseconds = 60_000

    private let clock: any WallClock
    private let difference: Mutex<Milliseconds>

    /// - Parameters:
    ///   - storeTime: the store's answer.
    ///   - asked: this machine's time when the answer came.
    package init(_ clock: any WallClock, storeTime: Milliseconds, asked: Milliseconds) {
        self.clock = clock
        difference = Mutex(storeTime - asked)
    }

    /// Compares the system's clock and the store's. The first call to a store, so that a missing bucket or permission shows
    /// here. Logs when they disagree.
    /// - Parameter consequence: what that means for the run.
    package static func compared(
        with store: any ObjectStore, logger: Logger, level: Logger.Level, consequence: String
    ) async throws(Failure) -> StoreClock {
        let clock = SystemWallClock()
        let storeTime = try await store.now()
        let compared = StoreClock(clock, storeTime: storeTime, asked: clock.now())
        if !compared.isTrusted {
            logger.log(
                level: level, "this machine's clock and the store's disagree; \(consequence)",
                metadata: ["store_minus_machine_ms": "\(compared.offset)", "remedy": "set the machine's clock"])
        }
        return compared
    }

    /// Compares the clocks again.
    package func compare(storeTime: Milliseconds, asked: Milliseconds) {
        difference.withLock { $0 = storeTime - asked }
    }

    /// Store minus machine.
    package var offset: Milliseconds { difference.withLock { $0 } }

    package var isTrusted: Bool { abs(offset) <= Self.tolerance }

    /// This machine's time.
    package func now() -> Milliseconds { clock.now() }

    /// A time that is not after the store's; nil when the clocks disagree.
    package func trusted() -> Milliseconds? {
        let offset = offset
        return abs(offset) <= Self.tolerance ? clock.now() + min(offset, 0) : nil
    }

    /// The store's time, as well as it is known: what machines agree on whose own clocks do not.
    package var storeTime: StoreTime { StoreTime(clock: self) }
}

/// This machine's clock, corrected by how far it is off the store's.
package struct StoreTime: WallClock {
    fileprivate let clock: StoreClock

    package func now() -> Milliseconds { clock.now() + clock.offset }
}
