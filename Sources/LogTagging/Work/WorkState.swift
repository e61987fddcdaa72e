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
    /// How much of the time that was read before is read again: logs may come this much later than they were created.
    static let overlap: Milliseconds = 600_000

    package enum Phase: String, Sendable, Codable {
        /// What an earlier run has left is being removed.
        case clearing
        /// Logs are read and tagged.
        case open
        /// All of it is in the file of tagged logs.
        case written
        /// The same, and the file is to be pushed: a run has begun to, or was asked to do both.
        case unpushed
        /// Pushed, to every dataset that wants it, but for those that are behind.
        case done
    }

    package var version = WorkState.currentVersion
    package var phase: Phase
    package var sinceMs: Milliseconds
    package var untilMs: Milliseconds?
    /// The window was given as hours: who goes on later takes what came meanwhile, too.
    package var isRelative: Bool
    /// When the run began that read the window to its end, and the name of the file; nil before that.
    package var readAtMs: Milliseconds?
    package var file: String?
    /// Logs in the file; nil before it is written, and in older states.
    package var rows: Int?
    /// Logs that were created earlier than this are done with, for windows of hours; nil when none was finished yet.
    package var pushedUntilMs: Milliseconds?
    /// Ids of datasets that could not take the file, which all others have.
    package var failed: [String]?
    /// By id: since when datasets lack logs that could not be written twice. Nothing is kept for them, and nobody waits.
    package var behind: [String: Milliseconds]?

    /// - Parameter earlier: the state that this one takes the place of.
    package init(_ window: LogWindow, at now: Milliseconds, after earlier: WorkState? = nil) {
        phase = .clearing
        untilMs = window.until
        isRelative = if case .hours = window { true } else { false }
        pushedUntilMs = earlier?.begun
        behind = earlier?.left
        sinceMs = Self.since(window, at: now, pushedUntil: pushedUntilMs)
    }

    /// Whether a run that is asked for a window goes on with this one, instead of beginning anew.
    package func goesOn(with window: LogWindow, at now: Milliseconds) -> Bool {
        guard phase == .open else { return false }
        switch window {
        case .hours: return isRelative && sinceMs <= Self.since(window, at: now, pushedUntil: pushedUntilMs)
        case .times(let since, let until): return !isRelative && sinceMs == since && untilMs == until
        }
    }

    /// Whether there is a file of tagged logs that was not pushed, or not to all who want it.
    package var hasFileToPush: Bool { phase == .written || phase == .unpushed }

    /// The file is written.
    /// - Parameters:
    ///   - start: when the run began that read the logs to their end.
    ///   - isToBePushed: by the same run.
    package mutating func wrote(_ file: String, rows: Int, readAt start: Milliseconds, isToBePushed: Bool) {
        (self.file, self.rows, readAtMs, phase) = (file, rows, start, isToBePushed ? .unpushed : .written)
    }

    /// The file is pushed, but for datasets that could not take it. They get a second chance; after that it is done.
    /// - Parameters:
    ///   - takers: ids of those that have all that they want of it.
    ///   - failed: of those that do not.
    package mutating func pushed(to takers: Set<String> = [], failed: Set<String> = []) {
        let again = failed.intersection(self.failed ?? [])
        behind = Self.merged(behind, again, since: sinceMs).filter { !takers.contains($0.key) }
        let waiting = failed.filter { behind?[$0] == nil }.sorted()
        self.failed = waiting.isEmpty ? nil : waiting
        guard waiting.isEmpty else { return phase = .unpushed }
        phase = .done
        if isRelative { pushedUntilMs = readAtMs }
    }

    private static func merged(
        _ behind: [String: Milliseconds]?, _ ids: some Sequence<String>, since: Milliseconds
    ) -> [String: Milliseconds] {
        ids.reduce(into: behind ?? [:]) { $0[$1] = min($0[$1] ?? since, since) }
    }

    /// From where on a window of hours has to read, so that no log is left out: also those that came between two runs, or
    /// later than they were created.
    private static func since(
        _ window: LogWindow, at now: Milliseconds, pushedUntil: Milliseconds?
    ) -> Milliseconds {
        guard case .hours = window, let pushedUntil else { return window.since(at: now) }
        return min(window.since(at: now), pushedUntil - overlap)
    }

    /// `behind` for the state after this one: that is the second chance of those that failed.
    private var left: [String: Milliseconds]? { Self.merged(behind, failed ?? [], since: sinceMs) }

    /// `pushedUntilMs` for the state after this one: what was begun and not finished is to be read again. But a file that
    /// nobody wanted to push was all that was asked for.
    private var begun: Milliseconds? {
        if let pushedUntilMs { return pushedUntilMs }
        return isRelative && [.clearing, .open, .unpushed].contains(phase) ? sinceMs : nil
    }
}

/// A state as it is stored.
typealias FoundState = (state: WorkState, generation: Int64)

extension WorkState {
    static func read(in store: any ObjectStore) async throws(Failure) -> FoundState? {
        guard let found = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
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
