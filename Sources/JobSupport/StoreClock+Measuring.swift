package import Logging
package import ObjectStorage
package import Support

extension StoreClock {
    /// Asks the store for its time. Leases, and whatever else machines have to agree on, go by that, whatever this machine's
    /// clock says.
    package static func measured(_ store: any ObjectStore, _ logger: Logger) async throws(Failure) -> StoreTime {
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

/// Later runs have later names.
package func newRunID(at time: Milliseconds) -> String {
    "\(padded(time, 13))-\(String(UInt64.random(in: .min ... .max), radix: 36))"
}
