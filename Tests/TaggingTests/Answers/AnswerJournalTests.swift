import ObjectStorage
import Records
import Support
import Synchronization
import Testing
import TestSupport

@testable import Tagging

@Suite struct AnswerJournalTests {
    private let store = InMemoryStore()
    private var journal: AnswerJournal { AnswerJournal(store: store, prefix: "answers/run") }

    private func line(_ number: Int) throws -> AnswerLines.Line {
        AnswerLines.Line(
            key: try #require(ContentKey(padded(number, 32))),
            known: KnownAnswer(TagAnswer(tagged: [number % 7]), from: .model), answeredAt: Int64(number))
    }

    /// Every answer in the store, as often as it is there.
    private func stored() -> [Int64] {
        var found: [Int64] = []
        for object in store.objects.values {
            let isOurs = AnswerLines.parse(object.bytes, tagCount: 7) { found.append($0.answeredAt) }
            #expect(isOurs, "\(object.info.name)")
        }
        return found.sorted()
    }

    @Test func nobodyIsToldBeforeItIsDurable() async throws {
        let door = Door()
        store.before { operation, _ throws(Failure) in if operation == .create { await door.pass() } }
        let journal = journal
        let isTold = Atomic(false)
        let line = try line(1)
        let appending = Task {
            try await journal.append(line)
            isTold.store(true, ordering: .sequentiallyConsistent)
        }
        await door.wait()
        #expect(!isTold.load(ordering: .sequentiallyConsistent) && store.names.isEmpty)
        door.open()
        try await appending.value
        #expect(stored() == [1])
    }

    @Test func allThatComeDuringAWriteGoIntoOneObject() async throws {
        let door = Door()
        store.before { operation, _ throws(Failure) in if operation == .create { await door.pass() } }
        let journal = journal
        let lines = try (0..<50).map { try line($0) }
        let first = Task { try await journal.append(lines[0]) }
        await door.wait()
        let others = lines.dropFirst().map { line in Task { try await journal.append(line) } }
        // The journal takes one after the other, so once it tells its count they have all come.
        while await journal.waitingCount < 49 { await Task.yield() }
        door.open()
        try await first.value
        for other in others { try await other.value }
        #expect(store.names == ["answers/run-000001.txt", "answers/run-000002.txt"])
        #expect(stored() == (0..<50).map { Int64($0) })
    }

    @Test func partsAreJoined() async throws {
        let journal = journal
        for number in 0..<AnswerJournal.partsToJoin + 5 { try await journal.append(try line(number)) }
        let all = (0..<AnswerJournal.partsToJoin + 5).map { Int64($0) }
        await journal.close()
        #expect(store.names.count == 2)
        #expect(stored() == all)
    }

    /// Removing what was joined takes its time: answers are stored meanwhile, and `close` waits for it.
    @Test func nobodyWaitsForAJoin() async throws {
        let door = Door()
        store.before { operation, _ throws(Failure) in if operation == .remove { await door.pass() } }
        let journal = journal
        for number in 0..<AnswerJournal.partsToJoin { try await journal.append(try line(number)) }
        await door.wait(for: 2)
        try await journal.append(try line(AnswerJournal.partsToJoin))
        let closing = Task { await journal.close() }
        door.open()
        await closing.value
        #expect(stored() == (0...AnswerJournal.partsToJoin).map { Int64($0) })
        #expect(store.names.count == 2)
    }

    @Test func aFailedWriteFailsAllThatWaitAndAllThatCome() async throws {
        let door = Door()
        store.before { operation, _ throws(Failure) in
            guard operation == .create else { return }
            await door.pass()
            throw Failure(.unavailable, "no store")
        }
        let journal = journal
        let lines = try (0..<10).map { try line($0) }
        let first = Task { try await journal.append(lines[0]) }
        await door.wait()
        let others = lines.dropFirst().map { line in Task { try await journal.append(line) } }
        while await journal.waitingCount < 9 { await Task.yield() }
        door.open()
        for task in [first] + others {
            await #expect(throws: Failure(.unavailable, "no store")) { try await task.value }
        }
        store.before(nil)
        let late = try line(99)
        await #expect(throws: Failure.self) { try await journal.append(late) }
        #expect(store.names.isEmpty)
    }

    @Test func anotherRunsObjectIsAConflict() async throws {
        store.put("answers/run-000001.txt", [1])
        let line = try line(1)
        let failure = await #expect(throws: Failure.self) { try await journal.append(line) }
        #expect(failure?.status == .conflict)
    }

    @Test(arguments: [InMemoryStore.Operation.create, .remove])
    func aFailingJoinLosesNothing(failing: InMemoryStore.Operation) async throws {
        let journal = journal
        for number in 0..<4 { try await journal.append(try line(number)) }
        store.before { operation, _ throws(Failure) in
            if operation == failing { throw Failure(.unavailable, "no store") }
        }
        await journal.close()
        store.before(nil)
        #expect(Set(stored()) == [0, 1, 2, 3])
        try await journal.append(try line(4))
        await journal.close()
        #expect(Set(stored()) == [0, 1, 2, 3, 4])
    }

    @Test func whatComesDuringAJoinIsNotLost() async throws {
        let journal = journal
        for number in 0..<4 { try await journal.append(try line(number)) }
        let door = Door()
        store.before { operation, name throws(Failure) in if name.hasSuffix("-000005.txt") { await door.pass() } }
        let closing = Task { await journal.close() }
        await door.wait()
        try await journal.append(try line(4))
        door.open()
        await closing.value
        #expect(stored() == [0, 1, 2, 3, 4])
    }
}
