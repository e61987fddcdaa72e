import Support
import Synchronization

/// Which simulated loader a task belongs to; child tasks inherit it.
enum SimulatedTask {
    @TaskLocal static var loader: Int?
}

/// Lets exactly one simulated loader run at a time: each stops before and after every operation on the store, until the
/// simulation gives it a turn or kills it. So one seed gives one order of events.
final class SimulatedTurns: Sendable {
    /// Why an operation of a killed loader ends.
    static let killed = Failure(.failure, "killed by the simulation")

    fileprivate struct State {
        var waiting: [Int: CheckedContinuation<Bool, Never>] = [:]
        var dead: Set<Int> = []
        var running = 0
        var quiet: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Called by a loader at each point where it can be stopped.
    func pass() async throws(Failure) {
        guard let loader = SimulatedTask.loader else { return }
        let lives = await withCheckedContinuation { continuation in
            let quiet = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard !state.dead.contains(loader) else {
                    continuation.resume(returning: false)
                    return nil
                }
                state.waiting[loader] = continuation
                return state.pausedOne()
            }
            quiet?.resume()
        }
        if !lives { throw Self.killed }
    }

    /// Starts a loader; it runs until its first stop.
    func start(_ loader: Int, _ body: @escaping @Sendable () async -> Void) async {
        state.withLock { $0.running += 1 }
        Task {
            await SimulatedTask.$loader.withValue(loader) { await body() }
            let quiet = state.withLock { $0.pausedOne() }
            quiet?.resume()
        }
        await untilQuiet()
    }

    /// The loaders that wait for a turn.
    var waiting: [Int] { state.withLock { $0.waiting.keys.sorted() } }

    /// Lets a loader go on to its next stop, or ends it where it stands.
    func turn(_ loader: Int, kill: Bool) async {
        let continuation = state.withLock { state in
            if kill { state.dead.insert(loader) }
            state.running += 1
            return state.waiting.removeValue(forKey: loader)
        }
        continuation?.resume(returning: !kill)
        await untilQuiet()
    }

    private func untilQuiet() async {
        await withCheckedContinuation { continuation in
            let isQuiet = state.withLock { state in
                if state.running == 0 { return true }
                state.quiet = continuation
                return false
            }
            if isQuiet { continuation.resume() }
        }
    }
}

extension SimulatedTurns.State {
    /// One loader less runs; whoever waits for quiet goes on when it was the last.
    fileprivate mutating func pausedOne() -> CheckedContinuation<Void, Never>? {
        running -= 1
        guard running == 0 else { return nil }
        defer { quiet = nil }
        return quiet
    }
}
