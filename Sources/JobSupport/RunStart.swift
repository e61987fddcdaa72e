package import Logging
package import ObjectStorage
package import Support

/// A name for a run. Later runs have later names.
package func newRunID(at time: Milliseconds) -> String {
    "\(padded(time, 13))-\(String(UInt64.random(in: .min ... .max), radix: 36))"
}

extension StoreTime {
    /// Asks the store for its time: by it leases and answers are compared with those of other machines, whatever this
    /// machine's is.
    package static func asked(_ store: any ObjectStore, logger: Logger) async throws(Failure) -> StoreTime {
        let clock = SystemWallClock()
        let storeTime = try await store.now()
        let storeClock = StoreClock(clock, storeTime: storeTime, asked: clock.now())
        if !storeClock.isTrusted {
            logger.warning(
                "this machine's clock and the store's disagree; the store's counts",
                metadata: ["store_minus_machine_ms": "\(storeClock.offset)", "remedy": "set the machine's clock"])
        }
        return storeClock.storeTime
    }
}
