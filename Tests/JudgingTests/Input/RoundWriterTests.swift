import Foundation
import Interactions
import JobSupport
import ObjectStorage
import Support
import Testing
import TestSupport

@testable import Judging

@Suite struct RoundWriterTests {
    private func write(
        _ bench: JudgeBench, _ change: (inout JudgeRules) -> Void = { _ in }, yaml: String = JudgeBench.prompt
    ) async throws -> (inputs: [DayState.Input], counts: DayState.Counts) {
        var rules = try JudgeBench.rules(yaml)
        change(&rules)
        let files = DayFiles(
            bench.store.objects.values.map(\.info), bench.names, date: JudgeBench.date
        ).files.sorted { $0.object.name < $1.object.name }
        let writer = RoundWriter(
            rules, JudgeNames(topic: JudgeBench.topic), date: JudgeBench.date, round: 0, number: 0,
            from: bench.store, to: bench.store, Failpoints(nil))
        switch try await writer.write(files) {
        case .done(let inputs, let counts): return (inputs, counts)
        case .taken(let number): throw Failure(.conflict, "\(number) is taken")
        }
    }

    /// `input row file line id` of each request.
    private func labels(_ bench: JudgeBench, _ input: DayState.Input) -> [RequestLabels] {
        let bytes = bench.store.objects[input.name]?.bytes ?? []
        return bytes.split(separator: 0x0A).compactMap { line in
            guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                let request = object["request"] as? [String: Any], let labels = request["labels"],
                let json = try? JSONSerialization.data(withJSONObject: labels)
            else { return nil }
            return [UInt8](json).withUnsafeBytes { RequestLabels($0) }
        }
    }

    @Test func linesOfAllFilesInOrder() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(2), hour: 3)
        try bench.put([#"{"input":"no id"}"#], hour: 4)
        let (inputs, counts) = try await write(bench)
        #expect(inputs.map(\.lines) == [3])
        let labels = labels(bench, inputs[0])
        #expect(labels.map(\.place) == (0..<3).map { RowPlace(input: 0, row: $0) })
        #expect(labels.map(\.line) == [1, 2, 1])
        let stem = "04-p00000-00000000000000000000-00000000000000000001"
        #expect(labels[2].file == stem)
        #expect(labels[2].id == .text(Array("\(stem)-1".utf8)))
        #expect((counts.records, counts.asked) == (3, 3))
        #expect(inputs[0].bytes == Int64(bench.store.objects[inputs[0].name]?.bytes.count ?? 0))
        #expect(inputs[0].tokens > 0)
        #expect((inputs[0].tokens / 3...inputs[0].tokens).contains(inputs[0].longestPrompt))
    }

    @Test func aJobTakesSoManyLines() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(7))
        let (inputs, _) = try await write(bench) { $0.mostLines = 3 }
        #expect(inputs.map(\.lines) == [3, 3, 1])
        #expect(inputs.map(\.number) == [0, 1, 2])
        let places = inputs.flatMap { labels(bench, $0).map(\.place) }
        #expect(places.map(\.input) == [0, 0, 0, 1, 1, 1, 2])
        #expect(places.map(\.row) == [0, 1, 2, 0, 1, 2, 0])
        #expect(inputs.flatMap { labels(bench, $0).map(\.line) } == Array(1...7))
    }

    /// What is collected of a job is in memory.
    @Test(arguments: [(40, 200_000), (300, 200_000), (2000, 30_000)])
    func aJobTakesSoManyLinesThatItsEvidenceFitsIntoMemory(_ length: Int, _ expected: Int) throws {
        let rules = try JudgeBench.rules(JudgeBench.prompt.replacing("maxLength: 40", with: "maxLength: \(length)"))
        #expect(rules.mostLines == expected)
    }

    @Test func aJobTakesSoManyBytes() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(20, text: String(repeating: "x", count: 2000)))
        let (inputs, _) = try await write(bench) { $0.mostBytes = 40_000 }
        #expect(inputs.count > 2)
        #expect(inputs.allSatisfy { $0.bytes <= 40_000 })
        #expect(inputs.map(\.lines).reduce(0, +) == 20)
        #expect(inputs.flatMap { labels(bench, $0).map(\.line) } == Array(1...20))
    }

    /// More than one piece of requests comes out of one batch of lines.
    @Test func manyRequestsOfOneBatch() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(5000))
        let (inputs, counts) = try await write(bench)
        #expect(inputs.map(\.lines) == [5000])
        #expect(counts.asked == 5000)
        #expect(labels(bench, inputs[0]).map(\.line) == Array(1...5000))
    }

    @Test func sampleFilterAndWhatHasNoContent() async throws {
        let bench = JudgeBench()
        var records = (0..<1000).map { #"{"id":"i-\#($0)","input":"a","env":"prod","tags":["x","y"]}"# }
        records += [#"{"id":"none","env":"prod","tags":["x"]}"#, #"{"id":"dev","input":"a","env":"dev","tags":["x"]}"#]
        try bench.put(records)
        let filters = ["/env=prod", "/tags=x"].compactMap(RecordFilter.init)
        let all = try await write(bench) { $0.filters = filters }
        #expect((all.counts.records, all.counts.asked) == (1002, 1000))
        #expect((all.counts.filtered, all.counts.withoutContent) == (1, 1))
        let half = try await write(JudgeBench.copy(bench)) {
            $0.filters = filters
            $0.sample = Sample("0.5") ?? .all
        }
        #expect((400...600).contains(half.counts.asked))
        #expect(half.counts.asked + half.counts.notSampled + half.counts.filtered + half.counts.withoutContent == 1002)
    }

    @Test func canariesComeFirstAndOnlyWithRecords() async throws {
        let yaml = JudgeBench.prompt + JudgeBench.canaries
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        let (inputs, counts) = try await write(bench, yaml: yaml)
        #expect((inputs[0].lines, inputs[0].canaries, counts.asked) == (3, 2, 1))
        let labels = labels(bench, inputs[0])
        #expect(labels.map(\.isCanary) == [true, true, false])
        #expect(labels.map(\.line) == [0, 1, 1])
        let empty = JudgeBench()
        try empty.put([#"{"id":"x"}"#])
        #expect(try await write(empty, yaml: yaml).inputs.isEmpty)
    }

    @Test func equalFilesGiveEqualObjects() async throws {
        let (one, other) = (JudgeBench(), JudgeBench())
        for bench in [one, other] { try bench.put(JudgeBench.records(50)) }
        let (first, second) = (try await write(one), try await write(other))
        #expect(first.inputs == second.inputs)
        #expect(one.store.objects[first.inputs[0].name]?.bytes == other.store.objects[second.inputs[0].name]?.bytes)
    }

    @Test func aTakenNameIsTold() async throws {
        let bench = JudgeBench()
        try bench.put(JudgeBench.records(1))
        bench.store.put("judge/t/2026-11-20/input-00000.jsonl", [1])
        await #expect(throws: Failure(.conflict, "0 is taken")) { try await write(bench) }
    }
}

extension JudgeBench {
    /// The same files in another store.
    fileprivate static func copy(_ bench: JudgeBench) -> JudgeBench {
        let copy = JudgeBench()
        for (name, object) in bench.store.objects where name.hasPrefix("raw/") { copy.store.put(name, object.bytes) }
        return copy
    }
}

@Suite struct SampleTests {
    @Test(arguments: ["0", "-1", "1.1", "x", "", "1e-3", "0x1"])
    func noSample(_ text: String) { #expect(Sample(text) == nil) }

    @Test func itIsTheSameShareOfAnyIDs() throws {
        let tenth = try #require(Sample("0.1"))
        let more = try #require(Sample("0.2"))
        let ids = (0..<20_000).map { "interaction-\($0)" }
        let taken = ids.filter { tenth.contains($0.utf8) }
        #expect((1800...2200).contains(taken.count))
        #expect(taken.allSatisfy { more.contains($0.utf8) })
        #expect(Sample("1")?.contains("a".utf8) == true)
    }
}

@Suite struct RecordFilterTests {
    @Test(arguments: [
        ("/a=x", true), ("/a=y", false), ("/b=1", true), ("/b=1.0", false), ("/c=true", true), ("/d=null", true),
        ("/e=x y", true), ("/f=é", true), ("/l=b", true), ("/l=1", true), ("/l=c", false), ("/o/i=z", true),
        ("/none=", false), ("/empty=", true), ("/a=", false),
    ])
    func equality(_ text: String, _ holds: Bool) throws {
        let record = Array(
            #"{"a":"x","b":1,"c":true,"d":null,"e":"x y","f":"\u00e9","l":["a","b",1],"o":{"i":"z"},"empty":""}"#.utf8)
        let filter = try #require(RecordFilter(text))
        #expect(record.withUnsafeBytes { filter.holds($0, 0..<$0.count) } == holds)
    }

    @Test(arguments: ["", "a=b", "/a", "=x"])
    func noFilter(_ text: String) { #expect(RecordFilter(text) == nil) }
}
