import Bytes
import Gzip
import ObjectStorage
import Support
import Testing
import TestSupport

@testable import JobSupport

@Suite struct LineUploadTests {
    private let store = InMemoryStore()

    /// Numbered lines of about a kilobyte.
    private func append(_ range: Range<Int>, to lines: LineUpload, flushEvery step: Int) async throws {
        for number in range {
            lines.append { $0.append(text: line(number)) }
            if number % step == 0 { try await lines.flush() }
        }
    }

    private func line(_ number: Int) -> String { "\(number) " + String(repeating: "\(number * 7919)", count: 200) }

    private func text(_ range: Range<Int>) -> [UInt8] { range.flatMap { Array((line($0) + "\n").utf8) } }

    @Test func plainLines() async throws {
        let lines = LineUpload(plain: "a.jsonl", in: store)
        try await append(0..<2000, to: lines, flushEvery: 100)
        #expect(store.objects.isEmpty)
        guard case .written(let info)? = try await lines.finish() else {
            Issue.record("a free name")
            return
        }
        let object = try #require(store.objects["a.jsonl"])
        #expect(object.bytes == text(0..<2000))
        #expect(object.contentType == "application/jsonl")
        #expect(lines.lines == 2000)
        #expect(lines.bytes == info.size)
        #expect(lines.checksum == info.crc32c)
    }

    @Test func compressedLines() async throws {
        let lines = try LineUpload("a.gz", in: store, gzip: GzipSettings())
        try await append(0..<2000, to: lines, flushEvery: 100)
        guard case .written(let info)? = try await lines.finish() else {
            Issue.record("a free name")
            return
        }
        #expect(store.objects["a.gz"]?.contentType == "application/gzip")
        #expect(info.size < lines.bytes)
        #expect(lines.checksum == CRC32C.of(text(0..<2000)))
        var stored = StoredLines(info, in: store)
        var read: [UInt8] = []
        while let batch = try await stored.next() { read += batch.bytes }
        #expect(read == text(0..<2000))
    }

    /// Then who did half of it and was killed may do it again.
    @Test(arguments: [1, 7, 1000, 10_000])
    func whenItIsFlushedDoesNotMatter(step: Int) async throws {
        let first = try LineUpload("a.gz", in: store, gzip: GzipSettings())
        try await append(0..<1500, to: first, flushEvery: 300)
        guard case .written(let info)? = try await first.finish() else {
            Issue.record("a free name")
            return
        }
        let second = try LineUpload("a.gz", in: store, gzip: GzipSettings())
        try await append(0..<1500, to: second, flushEvery: step)
        #expect(try await second.finish() == .written(info))
        let other = try LineUpload("a.gz", in: store, gzip: GzipSettings())
        try await append(0..<1499, to: other, flushEvery: step)
        #expect(try await other.finish() == .taken(info))
    }

    @Test func aGenerationIsReplaced() async throws {
        let old = store.put("a", [1])
        let lines = LineUpload(plain: "a", in: store, ifGeneration: old.generation)
        try await append(0..<1, to: lines, flushEvery: 1)
        guard case .written? = try await lines.finish() else {
            Issue.record("the generation that is there")
            return
        }
        #expect(store.objects["a"]?.bytes == text(0..<1))
    }

    @Test func withoutALineThereIsNoObject() async throws {
        let lines = try LineUpload("a.gz", in: store, gzip: GzipSettings())
        try await lines.flush()
        #expect(try await lines.finish() == nil)
        #expect(store.objects.isEmpty)
    }

    @Test func anEmptyObjectThatIsWanted() async throws {
        let lines = try LineUpload("a.gz", in: store, gzip: GzipSettings())
        guard case .written(let info)? = try await lines.finish(keepsEmpty: true) else {
            Issue.record("a free name")
            return
        }
        #expect(info.size > 0)
        var stored = StoredLines(info, in: store)
        #expect(try await stored.next() == nil)
        guard case .written? = try await LineUpload(plain: "b", in: store).finish(keepsEmpty: true) else {
            Issue.record("a free name")
            return
        }
        #expect(store.objects["b"]?.bytes == [])
    }

    @Test func cancellingLeavesNothing() async throws {
        let lines = LineUpload(plain: "a", in: store)
        try await append(0..<2000, to: lines, flushEvery: 100)
        await lines.cancel()
        await lines.cancel()
        #expect(store.objects.isEmpty)
    }

    @Test func aStoreThatFails() async throws {
        let failure = Failure(.cannotCreate, "full")
        store.before { operation, _ throws(Failure) in if operation == .create { throw failure } }
        let lines = LineUpload(plain: "a", in: store)
        lines.append { $0.append("x") }
        await #expect(throws: failure) { _ = try await lines.finish() }
    }
}
