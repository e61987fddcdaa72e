#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Milliseconds since 1970-01-01T00:00:00Z, as Kafka counts them.
package typealias Milliseconds = Int64

/// Where wall-clock time comes from; tests put their own in.
package protocol WallClock: Sendable {
    func now() -> Milliseconds
}

/// The machine's clock.
package struct SystemWallClock: WallClock {
    package init() {}

    package func now() -> Milliseconds {
        Milliseconds((Date().timeIntervalSince1970 * 1000).rounded(.down))
    }
}
