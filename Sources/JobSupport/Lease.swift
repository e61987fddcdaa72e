package import Support

/// Says who is at work on something, and until when nobody else may be. A killed holder's lease runs out.
package struct Lease: Sendable, Equatable, Codable {
    package static let currentVersion = 1

    package var version = Lease.currentVersion
    /// The run that holds it.
    package var holder: String
    package var expiresAtMs: Milliseconds

    package init(holder: String, expiresAtMs: Milliseconds) {
        (self.holder, self.expiresAtMs) = (holder, expiresAtMs)
    }

    /// Whether `run` may take it at this time of the store.
    package func isFree(for run: String, at now: Milliseconds) -> Bool { holder == run || expiresAtMs <= now }
}
