import Bytes
import JobSupport
import Records
import Support
import Synchronization
import Testing
import TestSupport

@testable import Tagging

@Suite struct AnswerArchiveTests {
    private let bench: TagBench
    private let day: Milliseconds = 86_400_000

    init() throws { bench = try TagBench() }

    private func key(_ number: Int) throws -> ContentKey { try #require(ContentKey(padded(number, 32))) }

    private func text(_ numbers: [Int], at time: Milliseconds, tag: Int = 0) throws -> [UInt8] {
        let buffer = ByteBuffer()
        buffer.append(AnswerLines.header)
        for number in numbers {
            let known = KnownAnswer(TagAnswer(tagged: [tag]), from: .model)
            AnswerLines.append(AnswerLines.Line(key: try key(number), known: known, answeredAt: time), to: buffer)
        }
        return Array(buffer.bytes)
    }

    @discardableResult
    private func put(_ run: String, _ numbers: [Int], daysAgo: Int64 = 0, tag: Int = 0) throws -> String {
        let time = TagBench.start - daysAgo * day
        let name = bench.names.answers(on: time) + run
        bench.store.put(name, try text(numbers, at: time, tag: tag))
        return name
    }

    /// Which of the contents are known afterwards.
    private func known(_ numbers: [Int], _ desk: AnswerDesk) async throws -> [Int] {
        let keys = try numbers.map { try key($0) }
        return zip(numbers, await desk.known(keys)).filter { $0.1 != nil }.map(\.0)
    }

    private func load(limit: Int = 100, since age: Milliseconds? = nil) async throws -> AnswerDesk {
        let desk = AnswerDesk(limit: limit)
        try await bench.archive(own: bench.names.answers(on: TagBench.start) + "me", since: age ?? 7 * day).load(
            into: desk)
        return desk
    }

    @Test func takesWhatIsYoungEnough() async throws {
        try put("a", [1], daysAgo: 0)
        try put("b", [2], daysAgo: 3)
        try put("c", [3], daysAgo: 4)
        let halfADay = try text([4], at: TagBench.start - 3 * day - 1)
        bench.store.put(bench.names.answers(on: TagBench.start - 3 * day) + "d", halfADay)
        let desk = try await load(since: 3 * day)
        #expect(try await known([1, 2, 3, 4], desk) == [1, 2])
    }

    /// A run that began before midnight answers after it.
    @Test func theDayOfARunIsTheDayItBegan() async throws {
        let bytes = try text([1], at: TagBench.start + 60_000)
        bench.store.put(bench.names.answers(on: TagBench.start - 60_000) + "a", bytes)
        bench.wall.advance(by: 120_000)
        #expect(try await known([1], try await load(since: 90_000)) == [1])
    }

    @Test func theNewestDayComesFirstAndTheLimitHolds() async throws {
        try put("a", [1, 2, 9], daysAgo: 2, tag: 2)
        try put("b", [3, 9], daysAgo: 0, tag: 1)
        try put("c", [4], daysAgo: 1)
        let desk = try await load(limit: 3)
        #expect(try await known([1, 2, 3, 4, 9], desk) == [3, 4, 9])
        let nine = try key(9)
        #expect(await desk.known([nine])[0]?.answer.tags == [1])
        #expect(bench.warnings.all.count == 1 && bench.warnings.all[0].contains("--answer-limit"))
    }

    @Test func withinADayTheNewestRunComesFirst() async throws {
        try put(newRunID(at: TagBench.start + 1) + "-000001.txt", [1, 2], tag: 1)
        try put(newRunID(at: TagBench.start + 3) + "-000001.txt", [3, 9], tag: 2)
        try put(newRunID(at: TagBench.start + 2) + "-000001.txt", [4, 9], tag: 1)
        let desk = try await load(limit: 2)
        let nine = try key(9)
        #expect(await desk.known([nine])[0]?.answer.tags == [2])
        #expect(try await known([1, 2, 3], desk) == [3])
    }

    @Test(arguments: ["", "tag-answers 2\nx\n", "tag-answers 1\nbroken"])
    func anUnreadableObjectIsOnlyWarnedAbout(text: String) async throws {
        let name = bench.names.answers(on: TagBench.start) + "broken"
        bench.store.put(name, Array(text.utf8))
        try put("z", [1])
        let desk = try await load()
        #expect(try await known([1], desk) == [1])
        #expect(bench.warnings.all.count == 1 && bench.warnings.all[0].contains(name))
    }

    @Test func anObjectThatIsTooLargeIsOnlyWarnedAbout() async throws {
        let name = try put("huge", [2])
        try put("z", [1])
        bench.store.before { operation, read throws(Failure) in
            if operation == .read, read == name { throw Failure(.protocolError, "\(name) is larger than 1 bytes") }
        }
        let desk = try await load()
        #expect(try await known([1, 2], desk) == [1])
        #expect(bench.warnings.all.count == 1)
    }

    @Test func anUnreachableStoreFailsTheRun() async throws {
        try put("a", [1])
        bench.store.before { operation, _ throws(Failure) in
            if operation == .read { throw Failure(.unavailable, "no store") }
        }
        await #expect(throws: Failure(.unavailable, "no store")) { _ = try await load() }
    }

    /// Another run joins its objects between our listing and our reading.
    @Test func whatVanishesIsFoundWhereItWent() async throws {
        let parts = [try put("other-000001.txt", [1]), try put("other-000002.txt", [2])]
        let joined = bench.names.answers(on: TagBench.start) + "other-000003.txt"
        let both = try text([1, 2], at: TagBench.start)
        let store = bench.store
        store.before { operation, _ throws(Failure) in
            guard operation == .read, store.objects[joined] == nil else { return }
            store.put(joined, both)
            for part in parts { store.remove(part) }
        }
        let desk = try await load()
        #expect(try await known([1, 2], desk) == [1, 2])
        #expect(bench.warnings.all.isEmpty)
    }

    @Test func theSecondTimeOnlyWhatIsNewIsRead() async throws {
        let first = try put("a", [1])
        let own = try put("me-000001.txt", [3])
        let reads = Mutex<[String]>([])
        bench.store.before { operation, name throws(Failure) in
            if operation == .read { reads.withLock { $0.append(name) } }
        }
        let desk = AnswerDesk(limit: 10)
        let archive = bench.archive(own: bench.names.answers(on: TagBench.start) + "me")
        try await archive.load(into: desk)
        let second = try put("b", [2])
        try await archive.load(into: desk)
        #expect(reads.withLock { $0 } == [first, second])
        #expect(!reads.withLock { $0.contains(own) })
        #expect(try await known([1, 2, 3], desk) == [1, 2])
    }

    @Test func anotherConfigurationIsNotRead() async throws {
        bench.store.put("tagged/t/_answers/ffffffffffffffff/2026-01-01/a", try text([1], at: TagBench.start))
        #expect(await (try load()).count == 0)
    }
}
