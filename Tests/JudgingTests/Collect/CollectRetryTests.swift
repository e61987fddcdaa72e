import Foundation
import JobSupport
import ObjectStorage
import Support
import Synchronization
import Testing
import TestSupport

@testable import Judging

/// What is asked again, and what a run that was stopped leaves.
@Suite struct CollectRetryTests {
    /// One of each kind: judged, and every way to fail.
    private func mixed() -> CollectBench {
        let bench = CollectBench(number: 3, texts: ["a", "b", "c", "d", "e", "f"])
        bench.output(
            "a.jsonl",
            [
                bench.row(0, JudgeSample.answer("unsafe")), bench.failed(1),
                JudgeSample.row(
                    input: 3, row: 2, response: JudgeSample.response("{\"verd", finishReason: "MAX_TOKENS")),
                JudgeSample.row(input: 3, row: 3, response: ["promptFeedback": ["blockReason": "SAFETY"]]),
                JudgeSample.row(input: 3, row: 4, response: JudgeSample.response("I would say unsafe")),
            ])
        return bench
    }

    @Test func whatFailedIsAskedAgainWithLabelsOfItsNewPlace() async throws {
        let bench = mixed()
        let collected = try await bench.collect(retry: 9)
        #expect(try await bench.results(collected) == ["1 unsafe", "3 truncated", "4 blocked:SAFETY"])
        #expect(collected.retried == ["error:RESOURCE_EXHAUSTED": 1, "unreadable": 1, "missing": 1])
        let retry = try #require(collected.retry)
        #expect((retry.number, retry.name, retry.lines) == (9, "judge/t/2026-11-20/input-00009.jsonl", 3))
        let object = try #require(bench.store.objects[retry.name])
        #expect((retry.bytes, retry.checksum) == (object.info.size, object.info.crc32c))

        let requests = try await bench.lines(retry.name, as: .plain).map { $0["request"] as? [String: Any] ?? [:] }
        let labels = requests.map { $0["labels"] as? [String: String] ?? [:] }
        #expect(labels.map { $0["input"] } == Array(repeating: "00009", count: 3))
        #expect(labels.map { $0["row"] } == ["000000", "000001", "000002"])
        #expect(labels.map { $0["line"] } == ["2", "5", "6"])
        #expect(requests.map { JudgeSample.json($0).contains("\\nb\\n") } == [true, false, false])
    }

    @Test(arguments: [-1, 1])
    func anInputObjectOfAnotherLengthIsDamaged(_ more: Int) async throws {
        let bench = mixed()
        bench.input.lines += more
        let failure = await #expect(throws: Failure.self) { try await bench.collect(retry: 9) }
        #expect(failure?.status == .protocolError)
    }

    @Test func withoutAttemptsLeftAllAreInTheVerdictsFile() async throws {
        let bench = mixed()
        let collected = try await bench.collect(retry: nil)
        #expect(
            try await bench.results(collected) == [
                "1 unsafe", "2 error:RESOURCE_EXHAUSTED", "3 truncated", "4 blocked:SAFETY", "5 unreadable",
                "6 missing",
            ])
        #expect(collected.unjudged.values.reduce(0, +) == 5)
        #expect(collected.retry == nil)
    }

    @Test func theRetryIsCollectedLikeAnyOther() async throws {
        let bench = mixed()
        let retry = try #require(try await bench.collect(retry: 4).retry)
        bench.input = DayState.Input(
            number: retry.number, round: 1, name: retry.name, lines: retry.lines, bytes: retry.bytes,
            checksum: retry.checksum, canaries: 0, attempt: 1, phase: .ended)
        bench.output("a.jsonl", (0..<3).map { bench.row($0, JudgeSample.answer("suspicious")) })
        let collected = try await bench.collect()
        #expect(collected.verdicts == "judged/t/2026-11-20/verdicts-00004.jsonl.gz")
        #expect(try await bench.results(collected) == ["2 suspicious", "5 suspicious", "6 suspicious"])
    }

    @Test func whereAllFailedThereIsNoVerdictsFile() async throws {
        let bench = CollectBench(texts: ["a", "b"], jobState: "JOB_STATE_EXPIRED")
        let collected = try await bench.collect(retry: 1, hasOutput: false)
        #expect(collected.verdicts == nil)
        #expect(collected.retried == ["job_expired": 2])
        #expect(bench.store.names == ["judge/t/2026-11-20/input-00000.jsonl", "judge/t/2026-11-20/input-00001.jsonl"])
    }

    @Test func toCollectTwiceGivesTheSame() async throws {
        let bench = mixed()
        let first = try await bench.collect(retry: 4)
        let objects = bench.store.objects
        #expect(try await bench.collect(retry: 4) == first)
        #expect(bench.store.objects == objects)
    }

    @Test func aNameThatIsTakenIsPassedOver() async throws {
        let bench = mixed()
        bench.store.put(CollectBench.inputName(CollectBench.date, 4), Array("other\n".utf8))
        let collected = try await bench.collect(retry: 4)
        #expect(collected.retry?.number == 5)
        let labels = try await bench.lines(collected.retry?.name, as: .plain).map {
            ($0["request"] as? [String: Any])?["labels"] as? [String: String]
        }
        #expect(labels.map { $0?["input"] } == Array(repeating: "00005", count: 3))
    }

    @Test func aVerdictsFileThatNoStateListsIsReplaced() async throws {
        let bench = mixed()
        let name = bench.names.verdicts(of: CollectBench.date, input: 3)
        bench.store.put(name, Array("what another program wrote".utf8))
        let collected = try await bench.collect(retry: 4)
        #expect(try await bench.results(collected) == ["1 unsafe", "3 truncated", "4 blocked:SAFETY"])
    }

    @Test func aRunThatFailsAnywhereIsRepeated() async throws {
        let expected = try await mixed().collect(retry: 4)
        var failures = 0
        for place in 0... {
            let bench = mixed()
            let budget = Budget(place)
            bench.store.after { _, _ throws(Failure) in
                if budget.isSpent() { throw Failure(.unavailable, "gone") }
            }
            let first = try? await bench.collect(retry: 4)
            bench.store.after(nil)
            #expect(try await bench.collect(retry: 4) == expected)
            #expect(try await bench.results(expected) == ["1 unsafe", "3 truncated", "4 blocked:SAFETY"])
            guard first == nil else { break }
            failures += 1
        }
        #expect(failures > 4)
    }

    @Test func anInputObjectThatIsGone() async throws {
        let bench = mixed()
        bench.store.remove(bench.input.name)
        await #expect { try await bench.collect() } throws: { ($0 as? Failure)?.status == .dataLoss }
    }

    @Test(arguments: ["{\"request\":{}}\n", "no JSON\n", ""])
    func anInputObjectThatIsNotAsItWasWritten(_ content: String) async throws {
        let bench = mixed()
        bench.store.put(bench.input.name, Array(content.utf8))
        await #expect { try await bench.collect() } throws: { ($0 as? Failure)?.status == .protocolError }
        #expect(bench.store.names.allSatisfy { !$0.hasPrefix("judged/") }, "nothing was written")
    }
}

/// Says once that it is spent, after so many calls.
private final class Budget: Sendable {
    private let left: Mutex<Int>

    init(_ calls: Int) { left = Mutex(calls) }

    func isSpent() -> Bool {
        left.withLock {
            $0 -= 1
            return $0 == -1
        }
    }
}
