/// The library that compresses.
package enum GzipEngine: String, Sendable, CaseIterable {
    /// ISA-L's igzip: several times the speed of zlib for a few percent more bytes.
    case isal
    case zlib

    /// The levels that the engine has.
    package var levels: ClosedRange<Int> {
        switch self {
        case .isal: 0...3
        case .zlib: 1...9
        }
    }

    package var defaultLevel: Int {
        switch self {
        case .isal: 3
        case .zlib: 6
        }
    }
}

/// How to compress. The level is always one that the engine has.
package struct GzipSettings: Hashable, Sendable {
    package let engine: GzipEngine
    package let level: Int

    /// With the engine's default level.
    package init(engine: GzipEngine = .isal) {
        self.engine = engine
        level = engine.defaultLevel
    }

    /// Nil when the engine does not have the level.
    package init?(engine: GzipEngine, level: Int) {
        guard engine.levels.contains(level) else { return nil }
        self.engine = engine
        self.level = level
    }
}
