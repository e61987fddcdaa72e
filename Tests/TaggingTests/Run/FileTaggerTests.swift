import Foundation
import Interactions
import JobSupport
import ObjectStorage
import Support
import Testing
import TestSupport

@testable import Tagging

@Suite struct FileTaggerTests {
    private let bench: TagBench

    init() throws { bench = try TagBench() }

    @Test func linesKeepTheirOrderAndBytes() async throws {
        let lines = [
            #"{"id":"x\n","input":"a bug","n":1.50,"e":1e400}"#, #"{"id":7,"other":true}"#,
            #"{"input":"a bug","tags":[1],"relevant_tags":["mine"],"output":""}"#, #"{"id":"z","input":"nothing"}"#,
        ]
        let raw = bench.put(lines, at: 40)
        let model = FakeModel { .success(answer($0.isAbout("a bug") ? ["bug", "billing"] : [])) }
        let run = try bench.run(send: model.send)
        let outcome = try await run.tagger.tag(raw)
        let tagged = try #require(bench.tagged(raw))
        func own(_ id: String, _ tags: String, _ status: String, _ source: String) -> String {
            let rules = bench.rules
            return #""relevant_tags":[\#(tags)],"tag_status":"\#(status)","tagging":{"id":"\#(id)","#
                + #""model":"\#(rules.model)","prompt":"\#(rules.prompt.label)","taxonomy":"\#(rules.taxonomy.label)","#
                + #""source":"\#(source)"}}"#
        }
        let position = "t-2026-01-01T00-p00000-\(padded(40, 20))-\(padded(44, 20))-3"
        #expect(
            tagged == [
                lines[0].dropLast() + "," + own(#"x\n"#, #""billing","bug""#, "tagged", "model"),
                lines[1].dropLast() + "," + own("7", "", "no_content", "none"),
                #"{"input":"a bug","tags":[1],"output":"","# + own(position, #""billing","bug""#, "tagged", "model"),
                lines[3].dropLast() + "," + own("z", "", "untagged", "model"),
            ])
        let file = try #require(outcome.file)
        #expect(file.raw == raw.object.name && file.rawChecksum == raw.object.crc32c)
        #expect(file.records == 4 && file.statuses == ["tagged": 2, "no_content": 1, "untagged": 1])
        #expect(file.tags == ["bug": 2, "billing": 2] && file.replaced == 1 && file.shortened == 0)
        #expect(file.taxonomy == bench.rules.taxonomy.hash && file.taggedAtMs == TagBench.start)
        let stored = try #require(bench.store.objects[bench.names.record(raw.object.name)])
        let read = try ObjectCoding.decode(TaggedFile.self, stored.bytes, what: "", location: "", version: 1)
        #expect(read == file, "\(read)")
        #expect(model.calls == 2)
        #expect(!bench.store.names.contains { $0.contains("_leases") })
    }

    @Test func aFileIsTaggedOnce() async throws {
        let raw = bench.put([TagBench.line(1, "a")])
        let model = FakeModel()
        _ = try await bench.run("a", send: model.send).tagger.tag(raw)
        #expect(try await bench.run("b", send: model.send).tagger.tag(raw) == .busy)
        #expect(model.calls == 1)
    }

    @Test func ofTwoAtOnceOnePays() async throws {
        let raw = bench.put((0..<40).map { TagBench.line($0, "record \($0)") })
        let door = Door()
        let model = FakeModel { _ in
            await door.pass()
            return .success(answer(["bug"]))
        }
        let (first, second) = (try bench.run("a", send: model.send), try bench.run("b", send: model.send))
        let tagging = Task { try await first.tagger.tag(raw) }
        await door.wait()
        #expect(try await second.tagger.tag(raw) == .busy)
        door.open()
        #expect(try await tagging.value.file != nil)
        #expect(model.calls == 40)
    }

    /// The first one stops within the file, while the second one is at work already.
    @Test func whatAnotherRunLeftIsTakenUp() async throws {
        let raw = bench.put((0..<40).map { TagBench.line($0, "record \($0)") })
        let model = FakeModel()
        let first = try bench.run("a", budget: TagBudget(maxCalls: 30, maxCost: nil), send: model.send)
        let second = try bench.run("b", send: model.send)
        #expect(try await second.tagger.survey(raw).questions == 40)
        #expect(try await first.tagger.tag(raw) == .incomplete)
        let file = try #require(try await second.tagger.tag(raw).file)
        #expect(file.records == 40 && model.calls == 40)
        #expect(model.callsByContent.values.allSatisfy { $0 == 1 })
    }

    @Test func theSurveySaysWhatThereIsToAsk() async throws {
        let lines = [
            TagBench.line(1, "a"), TagBench.line(2, "a"), TagBench.line(3, "b"), #"{"id":4}"#, TagBench.line(5, "c"),
        ]
        let raw = bench.put(lines)
        let model = FakeModel()
        let run = try bench.run(send: model.send)
        _ = try await run.asker.answer(try bench.question("c"))
        let survey = try await run.tagger.survey(raw)
        #expect(survey.records == 5 && survey.withoutContent == 1 && survey.questions == 2)
        #expect(survey.inputTokens > 0 && model.calls == 1)
        #expect(bench.tagged(raw) == nil)
    }

    /// What each file is, and what is said of it.
    @Test(arguments: [
        ("not gzip", Array("plain text".utf8)), ("cut", Array(GzipLines.file([TagBench.line(1, "a")]).dropLast(9))),
        ("no object", GzipLines.file([TagBench.line(1, "a"), "[1]"])),
        ("no JSON", GzipLines.file([TagBench.line(1, "a"), "garbage"])),
        ("empty line", GzipLines.file([TagBench.line(1, "a"), ""])),
    ])
    func whatIsNoFileOfRecordsIsLeftAlone(what: String, bytes: [UInt8]) async throws {
        let raw = bench.file(bench.store.put(bench.rawName(0, 9), bytes))
        let run = try bench.run(send: FakeModel().send)
        let failure = await #expect(throws: Failure.self) { try await run.tagger.tag(raw) }
        #expect(failure?.status == .protocolError && failure?.message.contains(raw.object.name) == true)
        #expect(bench.tagged(raw) == nil)
        #expect(!bench.store.names.contains { $0.contains("_leases") || $0.contains("_files") })
    }

    @Test func aFileThatChangesMeanwhileIsNotTagged() async throws {
        let raw = bench.put([TagBench.line(1, "a")])
        let bench = bench
        let model = FakeModel { _ in
            bench.put([TagBench.line(1, "another")])
            return .success(answer(["bug"]))
        }
        let run = try bench.run(send: model.send)
        let failure = await #expect(throws: Failure.self) { try await run.tagger.tag(raw) }
        #expect(failure?.status == .protocolError)
        #expect(bench.tagged(raw) == nil)
    }

    @Test func whoLostTheLeaseWritesNothing() async throws {
        let raw = bench.put([TagBench.line(1, "a")])
        let bench = bench
        let model = FakeModel { _ in
            bench.wall.advance(by: 300_000)  // nobody renews
            return .success(answer(["bug"]))
        }
        let run = try bench.run(send: model.send)
        #expect(try await run.tagger.tag(raw) == .busy)
        #expect(bench.tagged(raw) == nil)
        #expect(!bench.store.names.contains { $0.contains("_files") })
        // The answer is kept.
        #expect(try await bench.run("b", send: model.send).tagger.tag(raw).file != nil)
        #expect(model.calls == 1)
    }

    /// The rest is asked by who took it over.
    @Test func whoLostTheLeaseAsksNoFurther() async throws {
        let raw = bench.put((0..<40).map { TagBench.line($0, "record \($0)") })
        let bench = bench
        let model = FakeModel { call in
            if call.total == 1 { bench.wall.advance(by: 300_000) }  // nobody renews
            return .success(answer(["bug"]))
        }
        let first = try bench.run("a", concurrency: 2, send: model.send)
        #expect(try await first.tagger.tag(raw) == .busy)
        #expect((1...4).contains(model.calls), "those that were under way")
        #expect(try await bench.run("b", send: model.send).tagger.tag(raw).file != nil)
        #expect(model.callsByContent.values.allSatisfy { $0 == 1 } && model.calls == 40)
    }

    @Test func anEmptyFileBecomesAnEmptyOne() async throws {
        let raw = bench.put([])
        let file = try #require(try await bench.run(send: FakeModel().send).tagger.tag(raw).file)
        #expect(file.records == 0 && bench.tagged(raw) == [])
    }

    /// Many times as much as is held at once; a line at the border of two batches is there once.
    @Test func aLargeFileIsStreamed() async throws {
        var random = SeededGenerator(seed: 1)
        let raw = bench.put(
            (0..<20_000).map { number in
                // Which cannot be compressed to nothing.
                let padding = (0..<30).map { _ in String(random.next(), radix: 36) }.joined()
                return #"{"id":"\#(number)","input":"content \#(number % 100)","p":"\#(padding)"}"#
            })
        var lines = StoredLines(raw.object, in: bench.store)
        var (batches, largest) = (0, 0)
        while let batch = try await lines.next() {
            batches += 1
            largest = max(largest, batch.bytes.count)
        }
        #expect(batches >= 5 && largest < 4 << 20)
        let model = FakeModel()
        let file = try #require(try await bench.run(concurrency: 16, send: model.send).tagger.tag(raw).file)
        #expect(file.records == 20_000 && model.calls == 100)
        #expect(bench.tagged(raw)?.count == 20_000)
    }

    @Test func aStoppedRunReadsNoFurther() async throws {
        let raw = bench.put([TagBench.line(1, "a")])
        let bench = bench
        let work = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await bench.run(send: FakeModel().send).tagger.survey(raw)
        }
        work.cancel()
        let failure = await #expect(throws: Failure.self) { _ = try await work.value }
        #expect(failure?.status == .notDrained)
    }
}
