import Bytes
import JobSupport
import ObjectStorage
import Support
import Testing
import TestSupport

/// Lines of objects that are not compressed. Compressed ones are read in every test of a job.
@Suite struct StoredLinesTests {
    private func read(_ content: [UInt8], maxLineBytes: Int = 100) async throws(Failure) -> [String] {
        let store = InMemoryStore()
        var lines = StoredLines(store.put("o", content), in: store, as: .plain, maxLineBytes: maxLineBytes)
        var result: [String] = []
        while let batch = try await lines.next() {
            batch.forEach { result.append(String(decoding: $0, as: UTF8.self)) }
        }
        return result
    }

    @Test(arguments: [
        ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("a\n\n\nb\n", ["a", "", "", "b"]),
        ("a\r\nb", ["a\r", "b"]),
    ])
    func plainLines(_ content: String, _ lines: [String]) async throws {
        #expect(try await read(Array(content.utf8)) == lines)
    }

    @Test func moreThanOnePiece() async throws {
        let expected = (0..<900_000).map { "line \($0)" }
        let content = Array(expected.joined(separator: "\n").utf8)
        #expect(content.count > 10 << 20)
        #expect(try await read(content) == expected)
    }

    @Test(arguments: [
        (
            "raw/t/2026-11-20/13-x.jsonl.gz",
            "loader verify --kafka-topic t --date 2026-11-20 says more; restore it from an earlier version or a backup"
        ),
        (
            "dead-letter/t/dt=2026-11-20/hour=13/x.jsonl.gz",
            "loader verify --kafka-topic t --date 2026-11-20 says more; restore it from an earlier version or a backup"
        ),
        (
            "tagged/t/2026-11-20/13-x.jsonl.gz",
            "move it away, and loader tag --kafka-topic t --date 2026-11-20 makes it anew"
        ),
        (
            "judged/t/2026-11-20/verdicts-00000.jsonl.gz",
            "restore it from an earlier version; or move it away, and batch-judge collect --kafka-topic t --date 2026-11-20 "
                + "makes it anew out of the jobs' output"
        ),
        ("raw/x", ""), ("logs/_spool/x/1.jsonl.gz", ""),
    ])
    func whatToDoAboutADamagedFile(_ name: String, _ remedy: String) async throws {
        let store = InMemoryStore()
        for damaged in [Array("no gzip".utf8), [0x1F, 0x8B, 8]] {
            var lines = StoredLines(store.put(name, damaged), in: store)
            let failure = await #expect(throws: Failure.self) { while try await lines.next() != nil {} }
            #expect(failure?.status == .protocolError)
            #expect(failure?.message.hasPrefix("\(store.location)/\(name) ") == true)
            #expect(failure?.remedy == remedy)
        }
        var others = StoredLines(store.put(name, Array("x".utf8)), in: store, ifDamaged: "ask")
        let failure = await #expect(throws: Failure.self) { try await others.next() }
        #expect(failure?.remedy == "ask")
    }

    @Test func anOverlongLineIsAnError() async throws {
        let content = Array("short\n".utf8) + [UInt8](repeating: 0x78, count: 9 << 20)
        await #expect { try await read(content, maxLineBytes: 5 << 20) } throws: {
            ($0 as? Failure)?.status == .protocolError
        }
    }
}
