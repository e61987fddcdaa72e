internal import Bytes
internal import Interactions
internal import ObjectStorage
package import Support

/// Which logs are asked for.
package enum LogWindow: Sendable, Equatable {
    /// The last hours, whenever it is.
    case hours(Int)
    case times(since: Milliseconds, until: Milliseconds?)

    package func since(at now: Milliseconds) -> Milliseconds {
        switch self {
        case .hours(let hours): now - Int64(hours) * 3_600_000
        case .times(let since, _): since
        }
    }

    /// nil: up to now.
    package var until: Milliseconds? { if case .times(_, let until) = self { until } else { nil } }
}

/// How far the work on a project's logs is: an object in the folder of work.
package struct WorkState: Sendable, Equatable, Codable {
    package static let currentVersion = 1
    static let name = "state.json"

    package enum Phase: String, Sendable, Codable {
        /// What an earlier run has left is being removed.
        case clearing
        /// Logs are read and tagged.
        case open
        /// All of it is in the file of tagged logs.
        case done
    }

    package var version = WorkState.currentVersion
    package var phase: Phase
    package var sinceMs: Milliseconds
    package var untilMs: Milliseconds?
    /// The window was given as hours: who goes on later takes what came meanwhile, too.
    package var isRelative: Bool

    package init(_ window: LogWindow, at now: Milliseconds) {
        phase = .clearing
        (sinceMs, untilMs) = (window.since(at: now), window.until)
        isRelative = if case .hours = window { true } else { false }
    }

    /// Whether a run that is asked for a window goes on with this one, instead of beginning anew.
    package func goesOn(with window: LogWindow, at now: Milliseconds) -> Bool {
        guard phase == .open else { return false }
        switch window {
        case .hours: return isRelative && sinceMs <= window.since(at: now)
        case .times(let since, let until): return !isRelative && sinceMs == since && untilMs == until
        }
    }
}

extension WorkState {
    static func read(in store: any ObjectStore) async throws(Failure) -> (state: WorkState, generation: Int64)? {
        guard let found = try await store.read(name, limit: 4096) else { return nil }
        let state = try ObjectCoding.decode(
            WorkState.self, found.bytes, what: "state of tag-and-push", location: "\(store.location)/\(name)",
            version: currentVersion)
        return (state, found.info.generation)
    }

    /// - Returns: its generation.
    func write(over generation: Int64?, in store: any ObjectStore) async throws(Failure) -> Int64 {
        let outcome = try await store.replace(
            Self.name, content: ByteRope(ObjectCoding.encode(self)), contentType: jsonType, ifGeneration: generation)
        guard case .replaced(let info) = outcome else {
            throw Failure(.conflict, "\(store.location)/\(Self.name) was changed by another run", remedy: "run again")
        }
        return info.generation
    }
}
