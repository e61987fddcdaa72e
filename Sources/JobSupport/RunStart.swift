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
        let clock = try await StoreClock.compared(
            with: store, logger: logger, level: .warning, consequence: "the store's counts")
        return clock.storeTime
    }
}
