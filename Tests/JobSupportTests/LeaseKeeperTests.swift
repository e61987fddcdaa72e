import JobSupport
import Support
import Synchronization
import TestSupport
import Testing

@Suite struct LeaseKeeperTests {
    private static let start: Milliseconds = 1_767_225_600_000  // 2026-01-01T00
    private let store = InMemoryStore()
    private let clock = ManualWallClock(LeaseKeeperTests.start)
    private static let name = "tagged/t/_leases/x.json"

    private func keeper(_ holder: String) -> LeaseKeeper {
        LeaseKeeper(store: store, clock: clock, holder: holder, duration: .seconds(60))
    }

    @Test func isWonByOneOfMany() async throws {
        let keepers = (0..<20).map { keeper("run-\($0)") }
        let won = try await withThrowingTaskGroup(of: Bool.self) { group in
            for keeper in keepers { group.addTask { try await keeper.take(Self.name) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        #expect(keepers.filter { $0.holds(Self.name) }.count == 1)
    }

    @Test func anExpiredOneIsTakenOver() async throws {
        let (first, second) = (keeper("a"), keeper("b"))
        #expect(try await first.take(Self.name))
        clock.advance(by: 59_999)
        #expect(try await second.take(Self.name) == false)
        #expect(first.holds(Self.name) && !second.holds(Self.name))
        clock.advance(by: 1)
        #expect(!first.holds(Self.name))
        #expect(try await second.take(Self.name))
        #expect(second.holds(Self.name) && !first.holds(Self.name))
        // The first one neither prolongs nor removes what is another's now.
        try await first.renew()
        await first.giveBack(Self.name)
        #expect(second.holds(Self.name) && store.names == [Self.name])
    }

    /// One machine is ten minutes behind, the other ahead: what counts is the store's time.
    @Test func clocksThatAreOffDoNotMatter() async throws {
        func keeper(_ holder: String, machine: ManualWallClock) -> LeaseKeeper {
            let clock = StoreClock(machine, storeTime: clock.now(), asked: machine.now())
            return LeaseKeeper(store: store, clock: clock.storeTime, holder: holder, duration: .seconds(60))
        }
        let slow = ManualWallClock(Self.start - 600_000)
        let fast = ManualWallClock(Self.start + 600_000)
        let (first, second) = (keeper("a", machine: slow), keeper("b", machine: fast))
        #expect(try await first.take(Self.name))
        #expect(try await second.take(Self.name) == false)
        for machine in [slow, fast] { machine.advance(by: 59_999) }
        #expect(try await second.take(Self.name) == false)
        for machine in [slow, fast] { machine.advance(by: 1) }
        #expect(!first.holds(Self.name))
        #expect(try await second.take(Self.name))
        #expect(try await first.take(Self.name) == false)
    }

    @Test func renewalProlongs() async throws {
        let (first, second) = (keeper("a"), keeper("b"))
        #expect(try await first.take(Self.name))
        for _ in 0..<10 {
            clock.advance(by: 45_000)
            try await first.renew()
        }
        #expect(first.holds(Self.name))
        #expect(try await second.take(Self.name) == false)
        #expect(first.renewalInterval * 3 < .seconds(60))
    }

    @Test func whoComesLaterIsToldWhenItIsFree() async throws {
        let (first, second) = (keeper("a"), keeper("b"))
        #expect(await second.end(Self.name) == nil)
        #expect(try await first.take(Self.name))
        #expect(await first.end(Self.name) == nil)
        #expect(await second.end(Self.name) == "2026-01-01T00:01:00.000Z")
        let failure = await second.busy(Self.name, "another run")
        #expect(failure.status == .notDrained)
        #expect("\(failure)".contains("if it was killed, after 2026-01-01T00:01:00.000Z"), "\(failure)")
        clock.advance(by: 60_000)
        #expect(await second.end(Self.name) == nil)
    }

    @Test func isLostWhenSomebodyTookIt() async throws {
        let first = keeper("a")
        #expect(try await first.take(Self.name))
        store.put(Self.name, Array(#"{"version":1,"holder":"b","expires_at_ms":9999999999999}"#.utf8))
        #expect(first.holds(Self.name))
        try await first.renew()
        #expect(!first.holds(Self.name))
    }

    @Test func givenBackItIsFree() async throws {
        let (first, second) = (keeper("a"), keeper("b"))
        #expect(try await first.take(Self.name))
        await first.giveBack(Self.name)
        #expect(!first.holds(Self.name) && store.names.isEmpty)
        #expect(try await second.take(Self.name))
    }

    @Test func isHeldWhileTheWorkIsDone() async throws {
        let (first, second) = (keeper("a"), keeper("b"))
        let outcome = try await first.whileHeld(Self.name) { () throws(Failure) in
            #expect(first.holds(Self.name))
            return try await second.whileHeld(Self.name) { () throws(Failure) in "second" } ?? "first alone"
        }
        #expect(outcome == "first alone")
        #expect(!first.holds(Self.name) && store.names.isEmpty)
        #expect(try await second.whileHeld(Self.name) { () throws(Failure) in "second" } == "second")
    }

    @Test func isGivenBackWhenTheWorkFails() async throws {
        let keeper = keeper("a")
        await #expect(throws: Failure(.unavailable, "no work")) {
            try await keeper.whileHeld(Self.name) { () throws(Failure) in throw Failure(.unavailable, "no work") }
        }
        #expect(!keeper.holds(Self.name) && store.names.isEmpty)
    }

    /// As a run that was told to stop.
    @Test func isGivenBackByATaskThatIsCancelled() async throws {
        store.before { operation, _ throws(Failure) in
            if operation == .remove, Task.isCancelled { throw Failure(.notDrained, "cancelled") }
        }
        let (keeper, door) = (keeper("a"), Door())
        let work = Task {
            try await keeper.whileHeld(Self.name) { () throws(Failure) in
                await door.pass()
                guard !Task.isCancelled else { throw Failure(.notDrained, "cancelled") }
            }
        }
        await door.wait()
        #expect(keeper.holds(Self.name))
        work.cancel()
        door.open()
        await #expect(throws: Failure(.notDrained, "cancelled")) { try await work.value }
        #expect(!keeper.holds(Self.name) && store.names.isEmpty)
    }

    @Test(arguments: [true, false])
    func givenBackDuringARenewalItIsFree(writeIsFirst: Bool) async throws {
        let first = keeper("a")
        #expect(try await first.take(Self.name))
        let door = Door()
        let hook: InMemoryStore.Hook = { operation, _ throws(Failure) in
            if operation == .replace { await door.pass() }
        }
        if writeIsFirst { store.after(hook) } else { store.before(hook) }
        let renewal = Task { try await first.renew() }
        await door.wait()
        await first.giveBack(Self.name)
        door.open()
        try await renewal.value
        #expect(!first.holds(Self.name))
        #expect(store.names.isEmpty)
    }

    @Test func takenAgainDuringARenewalItStaysHeld() async throws {
        let first = keeper("a")
        #expect(try await first.take(Self.name))
        let door = Door()
        let isFirst = Atomic(true)
        store.before { operation, _ throws(Failure) in
            if operation == .replace, isFirst.exchange(false, ordering: .relaxed) { await door.pass() }
        }
        let renewal = Task { try await first.renew() }
        await door.wait()
        await first.giveBack(Self.name)
        #expect(try await first.take(Self.name))
        door.open()
        try await renewal.value
        #expect(first.holds(Self.name))
    }

    @Test func whatRanOutIsSwept() async throws {
        let (killed, alive) = (keeper("a"), keeper("b"))
        let names = ["x", "y", "z"].map { "leases/\($0).json" }
        #expect(try await killed.take(names[0]))
        #expect(try await killed.take(names[1]))
        clock.advance(by: 60_000)
        #expect(try await alive.take(names[2]))
        store.put("leases/large", Array(repeating: 0x20, count: 5000))
        store.put("leases/other", Array(#"{"version":1}"#.utf8))
        let (store, clock) = (store, clock)
        // Somebody takes one over right before it is removed.
        store.before { operation, name throws(Failure) in
            guard operation == .remove, name == names[1] else { return }
            store.put(name, Array(#"{"version":1,"holder":"c","expires_at_ms":\#(clock.now() + 60_000)}"#.utf8))
        }
        let read = Mutex<Set<String>>([])
        store.after { operation, name throws(Failure) in
            if operation == .read { read.withLock { _ = $0.insert(name) } }
        }
        await alive.sweep("leases/")
        #expect(store.names == ["leases/large", "leases/other", names[1], names[2]])
        #expect(read.withLock { !$0.contains("leases/large") })
    }

    @Test func anUnreachableStoreLetsItRunOut() async throws {
        let keeper = keeper("a")
        #expect(try await keeper.take(Self.name))
        #expect(try await keeper.take("tagged/t/_leases/y.json"))
        let tried = Mutex<Set<String>>([])
        store.before { operation, name throws(Failure) in
            tried.withLock { _ = $0.insert(name) }
            throw Failure(.unavailable, "no store")
        }
        await #expect(throws: Failure(.unavailable, "no store")) { try await keeper.renew() }
        #expect(tried.withLock(\.count) == 2)
        #expect(keeper.holds(Self.name))
        clock.advance(by: 60_000)
        #expect(!keeper.holds(Self.name))
    }

    @Test func aFailingTakeIsNoLease() async {
        store.after { operation, _ throws(Failure) in
            if operation == .replace { throw Failure(.unavailable, "no store") }
        }
        let keeper = keeper("a")
        await #expect(throws: Failure.self) { try await keeper.take(Self.name) }
        #expect(!keeper.holds(Self.name))
    }
}
