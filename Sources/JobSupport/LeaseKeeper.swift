internal import Bytes
internal import Interactions
package import Logging
package import ObjectStorage
package import Support
import Synchronization

/// Takes, renews and gives back the leases of one run. The store's preconditions decide who wins.
package final class LeaseKeeper: Sendable {
    private let store: any ObjectStore
    private let clock: any WallClock
    private let holder: String
    private let duration: Duration
    private struct Holding {
        var generation: Int64
        var expiresAt: Milliseconds
    }

    /// One after the other, thousands would not be done before the first runs out.
    private static let renewalsAtOnce = 16

    /// A lease has a few hundred.
    private static let maxBytes = 4096
    /// How long a cancelled task waits for the store; what ends a run leaves it about so much.
    private static let lastMoment = Duration.seconds(1)

    private let held: Mutex<[String: Holding]> = Mutex([:])

    /// - Parameters:
    ///   - clock: the store's time.
    ///   - duration: how long a lease holds without being renewed.
    package init(store: any ObjectStore, clock: any WallClock, holder: String, duration: Duration) {
        (self.store, self.clock, self.holder, self.duration) = (store, clock, holder, duration)
    }

    /// A renewal may fail twice before the lease runs out.
    package var renewalInterval: Duration { duration / 4 }

    /// Prolongs what is held, again and again, until the task is cancelled.
    package func keepRenewing(_ logger: Logger) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: renewalInterval) } catch { return }
            do throws(Failure) { try await renew() } catch {
                logger.warning("leases not prolonged; trying again", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Whether this run has the lease now.
    package func take(_ name: String) async throws(Failure) -> Bool {
        let found = try await store.read(name, limit: Self.maxBytes)
        if let found {
            let lease = try lease(found.bytes, name)
            guard lease.isFree(for: holder, at: clock.now()) else { return false }
        }
        let written = try await write(name, over: found?.info.generation)
        held.withLock { $0[name] = written }
        return written != nil
    }

    /// When a lease of another run runs out, if it is not prolonged until then: RFC 3339, for people. nil: nobody has it, or
    /// the store does not say.
    package func end(_ name: String) async -> String? {
        guard let bytes = try? await store.read(name, limit: Self.maxBytes)?.bytes,
            let lease = try? lease(bytes, name), !lease.isFree(for: holder, at: clock.now())
        else { return nil }
        return rfc3339(lease.expiresAtMs)
    }

    /// What a run fails with that finds another one at work.
    /// - Parameter what: the other one: "another push".
    package func busy(_ name: String, _ what: String) async -> Failure {
        let end = await end(name)
        let remedy = end.map { "; if it was killed, after \($0), when its lease runs out" } ?? ""
        return Failure(.notDrained, "\(what) is at work", remedy: "run again when it is done" + remedy)
    }

    /// Whether this run still has it.
    package func holds(_ name: String) -> Bool {
        guard let holding = held.withLock({ $0[name] }) else { return false }
        return clock.now() < holding.expiresAt
    }

    /// Prolongs what is held. A lease that somebody took over is held no longer.
    /// - Throws: the last failure, once all were tried.
    package func renew() async throws(Failure) {
        let holdings = held.withLock { $0.map { (name: $0.key, holding: $0.value) } }
        let failures = try await concurrently(holdings, limit: Self.renewalsAtOnce) {
            [self] (each) throws(Failure) -> Failure? in
            do throws(Failure) { try await renew(each.name, each.holding) } catch { return error }
            return nil
        }
        if let failed = failures.lazy.compactMap({ $0 }).last { throw failed }
    }

    private func renew(_ name: String, _ holding: Holding) async throws(Failure) {
        guard holds(name) else { return }
        let written = try await write(name, over: holding.generation)
        let isStillHeld = held.withLock { held in
            guard held[name]?.generation == holding.generation else { return false }
            held[name] = written
            return true
        }
        // Given back meanwhile: what was written over it is nobody's.
        if let written, !isStillHeld { _ = try await store.remove(name, ifGeneration: written.generation) }
    }

    /// Lets go, also in a task that is cancelled: then a store that does not answer is not waited for long. That it cannot
    /// be removed is no failure: it runs out.
    package func giveBack(_ name: String) async {
        guard let holding = held.withLock({ $0.removeValue(forKey: name) }) else { return }
        let removal = Task { [store] in _ = try? await store.remove(name, ifGeneration: holding.generation) }
        await withTaskCancellationHandler {
            await removal.value
        } onCancel: {
            Task {
                try? await Task.sleep(for: Self.lastMoment)
                removal.cancel()
            }
        }
    }

    /// Does what only one run may do at a time, and gives the lease back whatever becomes of it.
    /// - Returns: nil when another run has the lease.
    package func whileHeld<Value: Sendable>(_ name: String, _ body: () async throws(Failure) -> Value)
        async throws(Failure) -> Value?
    {
        guard try await take(name) else { return nil }
        let result: Result<Value, Failure>
        do throws(Failure) {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await giveBack(name)
        return try result.get()
    }

    /// Removes leases that have run out, among all objects below a prefix: those of killed runs, whose work others may have
    /// done. What cannot be removed stays for the next run.
    package func sweep(_ prefix: String) async {
        guard let found = try? await store.list(prefix: prefix, from: nil, delimiter: nil).objects else { return }
        for object in found where object.size <= Self.maxBytes {
            guard let bytes = try? await store.read(object.name, limit: Self.maxBytes)?.bytes,
                let lease = try? lease(bytes, object.name), lease.expiresAtMs <= clock.now()
            else { continue }
            _ = try? await store.remove(object.name, ifGeneration: object.generation)
        }
    }

    private func lease(_ bytes: [UInt8], _ name: String) throws(Failure) -> Lease {
        try ObjectCoding.decode(
            Lease.self, bytes, what: "lease", location: "\(store.location)/\(name)", version: Lease.currentVersion)
    }

    /// nil when another run was faster.
    private func write(_ name: String, over generation: Int64?) async throws(Failure) -> Holding? {
        let lease = Lease(holder: holder, expiresAtMs: clock.now() + duration.milliseconds)
        let outcome = try await store.replace(
            name, content: ByteRope(ObjectCoding.encode(lease)), contentType: jsonType, ifGeneration: generation)
        guard case .replaced(let info) = outcome else { return nil }
        return Holding(generation: info.generation, expiresAt: lease.expiresAtMs)
    }
}
