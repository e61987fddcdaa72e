import Bytes
import ObjectStorage
import Support
import Testing
import TestSupport

/// What every store promises.
@Suite struct ObjectStoreContract {
    private static let json = "application/json"

    @Test(arguments: TestedStore.all, [0, 1, 1000, TestedStore.large, TestedStore.large + 1, 700_001])
    func whatIsCreatedIsReadBack(tested: TestedStore, size: Int) async throws {
        try await tested.with { store in
            let content = content(size)
            let outcome = try await store.create("a/b.jsonl.gz", content: content, contentType: "application/gzip")
            guard case .created(let info) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(info.name == "a/b.jsonl.gz")
            #expect(info.size == Int64(size))
            #expect(info.crc32c == CRC32C.of(content))
            let read = try #require(try await store.read("a/b.jsonl.gz", limit: size))
            #expect(read.bytes == content.joined)
            #expect(read.info == info)
            let found = try #require(try await store.info("a/b.jsonl.gz"))
            #expect(found.generation == info.generation)
            #expect(found.size == info.size)
            #expect(found.crc32c == nil || found.crc32c == info.crc32c)
        }
    }

    @Test(arguments: TestedStore.all, [10, TestedStore.large * 2])
    func aNameIsGivenOnce(tested: TestedStore, size: Int) async throws {
        guard size <= TestedStore.large || tested.checksLargeWrites else { return }
        try await tested.with { store in
            let first = try await store.create("name", content: content(size), contentType: Self.json)
            guard case .created(let info) = first else {
                Issue.record("\(first)")
                return
            }
            // The same again, as after a lost answer.
            #expect(try await store.create("name", content: content(size), contentType: Self.json) == .created(info))
            let other = try await store.create("name", content: content(size, seed: 2), contentType: Self.json)
            guard case .taken(let taken) = other else {
                Issue.record("\(other)")
                return
            }
            #expect(taken.generation == info.generation)
            #expect(try await store.read("name", limit: size)?.bytes == content(size).joined)
        }
    }

    @Test(arguments: TestedStore.all)
    func ofManyWritersOneWins(tested: TestedStore) async throws {
        try await tested.with { store in
            let outcomes = try await withThrowingTaskGroup(of: CreateOutcome.self) { group in
                for writer in 0..<16 {
                    group.addTask {
                        try await store.create("plan", content: text("writer \(writer)"), contentType: Self.json)
                    }
                }
                return try await group.reduce(into: [CreateOutcome]()) { $0.append($1) }
            }
            let winners = outcomes.filter { if case .created = $0 { true } else { false } }
            #expect(winners.count == 1)
        }
    }

    @Test(arguments: TestedStore.all, [10, TestedStore.large * 2])
    func replacingNeedsTheGeneration(tested: TestedStore, size: Int) async throws {
        guard size <= TestedStore.large || tested.checksLargeWrites else { return }
        try await tested.with { store in
            func replace(_ seed: Int, _ generation: Int64?) async throws -> ReplaceOutcome {
                try await store.replace(
                    "p", content: content(size, seed: seed), contentType: Self.json, ifGeneration: generation)
            }
            guard case .replaced(let first) = try await replace(1, nil) else {
                Issue.record("a free name")
                return
            }
            #expect(try await replace(2, nil) == .changed)
            #expect(try await replace(2, first.generation + 1) == .changed)
            guard case .replaced(let second) = try await replace(2, first.generation) else {
                Issue.record("the right generation")
                return
            }
            #expect(second.generation != first.generation)
            #expect(try await replace(3, first.generation) == .changed)
            #expect(try await store.read("p", limit: size)?.bytes == content(size, seed: 2).joined)
            #expect(try await store.info("p")?.generation == second.generation)
        }
    }

    @Test(arguments: TestedStore.all)
    func removingNeedsTheGeneration(tested: TestedStore) async throws {
        try await tested.with { store in
            guard case .created(let info) = try await store.create("p", content: text("a"), contentType: Self.json)
            else {
                Issue.record("a free name")
                return
            }
            if tested.checksRemovals {
                #expect(try await store.remove("p", ifGeneration: info.generation + 1) == false)
                #expect(try await store.info("p") != nil)
            }
            #expect(try await store.remove("p", ifGeneration: info.generation))
            #expect(try await store.info("p") == nil)
            #expect(try await store.remove("p", ifGeneration: info.generation), "what is not there is removed")
            guard case .created = try await store.create("p", content: text("b"), contentType: Self.json) else {
                Issue.record("a name is free again")
                return
            }
        }
    }

    @Test(arguments: TestedStore.all)
    func everyReplacementHasItsOwnGeneration(tested: TestedStore) async throws {
        try await tested.with { store in
            var seen: Set<Int64> = []
            var generation: Int64?
            for _ in 0..<50 {
                let outcome = try await store.replace(
                    "p", content: text("same"), contentType: Self.json, ifGeneration: generation)
                guard case .replaced(let info) = outcome else {
                    Issue.record("\(outcome)")
                    return
                }
                #expect(seen.insert(info.generation).inserted)
                generation = info.generation
            }
        }
    }

    @Test(arguments: TestedStore.all)
    func ofManyReplacersOneWins(tested: TestedStore) async throws {
        try await tested.with { store in
            guard
                case .replaced(let first) = try await store.replace(
                    "p", content: text("first"), contentType: Self.json, ifGeneration: nil)
            else {
                Issue.record("a free name")
                return
            }
            let outcomes = try await withThrowingTaskGroup(of: ReplaceOutcome.self) { group in
                for writer in 0..<16 {
                    group.addTask {
                        try await store.replace(
                            "p", content: text("writer \(writer)"), contentType: Self.json,
                            ifGeneration: first.generation)
                    }
                }
                return try await group.reduce(into: [ReplaceOutcome]()) { $0.append($1) }
            }
            #expect(outcomes.filter { $0 != .changed }.count == 1)
        }
    }

    @Test(arguments: TestedStore.all)
    func whatIsNotThere(tested: TestedStore) async throws {
        try await tested.with { store in
            #expect(try await store.info("a/b") == nil)
            #expect(try await store.read("a/b", limit: 10) == nil)
            let ghost = ObjectInfo(name: "a/b", size: 10, generation: 5, crc32c: nil)
            #expect(try await store.read(ghost, range: 0..<5) == nil)
            #expect(try await store.read(ghost, range: 0..<0) == nil)
            let listing = try await store.list(prefix: "", from: nil, delimiter: nil)
            #expect(listing.objects.isEmpty && listing.prefixes.isEmpty)
            let outcome = try await store.replace(
                "a/b", content: text("x"), contentType: Self.json, ifGeneration: 12_345)
            #expect(outcome == .changed)
        }
    }

    @Test(arguments: TestedStore.all)
    func rangesArePinnedToAGeneration(tested: TestedStore) async throws {
        try await tested.with { store in
            let content = content(10_000)
            guard case .created(let info) = try await store.create("r", content: content, contentType: Self.json) else {
                Issue.record("not created")
                return
            }
            for range: Range<Int64> in [
                0..<1, 0..<10_000, 77..<5000, 9999..<10_000, 9000..<20_000, 5..<5, 20_000..<30_000,
            ] {
                let clamped = range.clamped(to: 0..<10_000)
                let expected = Array(content.joined[Int(clamped.lowerBound)..<Int(clamped.upperBound)])
                #expect(try await store.read(info, range: range) == expected)
            }
            _ = try await store.replace("r", content: text("x"), contentType: Self.json, ifGeneration: info.generation)
            #expect(try await store.read(info, range: 0..<5) == nil)
        }
    }

    @Test(arguments: TestedStore.all)
    func moreThanTheLimitIsAnError(tested: TestedStore) async throws {
        try await tested.with { store in
            _ = try await store.create("big", content: content(100_000), contentType: Self.json)
            let failure = try await #require(throws: Failure.self) { try await store.read("big", limit: 99_999) }
            #expect(failure.status == .protocolError)
            #expect(failure.message.contains("big"))
        }
    }

    @Test(arguments: TestedStore.all)
    func listings(tested: TestedStore) async throws {
        try await tested.with { store in
            // In the order of UTF-8: “.” < “/” < “0”, and é after all of ASCII.
            let names = ["a.b", "a/1", "a/2/x", "a/2/y", "a/3", "a0", "b/c/d", "é/1", "日/1"]
            for name in names.reversed() {
                _ = try await store.create(name, content: text(name), contentType: Self.json)
            }
            func list(_ prefix: String, _ start: String? = nil, _ delimiter: Character? = nil) async throws
                -> [[String]]
            {
                let listing = try await store.list(prefix: prefix, from: start, delimiter: delimiter)
                return [listing.objects.map(\.name), listing.prefixes]
            }
            #expect(try await list("") == [names, []])
            #expect(try await list("a/") == [["a/1", "a/2/x", "a/2/y", "a/3"], []])
            #expect(try await list("a/2") == [["a/2/x", "a/2/y"], []])
            #expect(try await list("a", "a/2/y") == [["a/2/y", "a/3", "a0"], []])
            #expect(try await list("a/", "b") == [[], []])
            #expect(try await list("", nil, "/") == [["a.b", "a0"], ["a/", "b/", "é/", "日/"]])
            #expect(try await list("a/", nil, "/") == [["a/1", "a/3"], ["a/2/"]])
            #expect(try await list("é", nil, "/") == [[], ["é/"]])
            #expect(try await list("nothing") == [[], []])
            let first = try #require(try await store.list(prefix: "a.", from: nil, delimiter: nil).objects.first)
            let info = try #require(try await store.info("a.b"))
            #expect(first.generation == info.generation)
            #expect(first.size == 3)
        }
    }

    @Test(arguments: TestedStore.all)
    func namesThatSomeStoreCannotHold(tested: TestedStore) async throws {
        try await tested.with { store in
            let long = String(repeating: "x", count: 256)
            for name in ["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\u{0}b", "a\nb", long, "a/\(long)"] {
                await #expect(throws: Failure.self) {
                    try await store.create(name, content: text("x"), contentType: Self.json)
                }
                await #expect(throws: Failure.self) { try await store.info(name) }
            }
            let odd = "…a b/%2F+?#&=*[x].json"
            _ = try await store.create(odd, content: text("x"), contentType: Self.json)
            #expect(try await store.list(prefix: "", from: nil, delimiter: nil).objects.map(\.name) == [odd])
            #expect(try await store.read(odd, limit: 10)?.bytes == Array("x".utf8))
        }
    }

    @Test(arguments: TestedStore.all)
    func itsClock(tested: TestedStore) async throws {
        try await tested.with { store in
            let now = try await store.now()
            #expect(now > 1_700_000_000_000)
            #expect(try await store.now() >= now)
        }
    }
}
