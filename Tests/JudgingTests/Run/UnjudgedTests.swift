import ObjectStorage
import Support
import Testing
import TestSupport
import VertexAI

@testable import Judging

/// Records that stay without a verdict, and what is asked again.
@Suite struct UnjudgedTests {
    private static let verdicts = "judged/t/2026-11-20/verdicts-00000.jsonl.gz"
    private let bench = JudgeBench()

    private func day(_ records: Int, _ change: (inout FakeBatches.State) -> Void = { _ in }) throws {
        try bench.put(JudgeBench.records(records))
        try bench.seal()
        bench.service.change(change)
    }

    private func run(
        _ rules: JudgeRules? = nil, model: String = "publishers/google/models/m-1", again: Bool = false,
        failpoint: Failpoints = Failpoints(nil)
    ) async throws -> (status: Support.ExitStatus, report: JudgeReport) {
        let parts = try bench.parts(rules: rules, model: model, failpoint: failpoint) {
            ($0.wait, $0.retries, $0.asksUnjudged) = (.zero, 0, again)
        }
        return try await bench.run(parts)
    }

    private func safe(_ count: Int) -> [String] { (0..<count).map { "i-\($0) safe" }.sorted() }

    // MARK: Asked again

    @Test(arguments: [[0, 1, 2], [1]])
    func whatStayedUnjudgedCanBeAskedAgain(_ rows: [Int]) async throws {
        try day(3) { state in for row in rows { state.errors[row] = "RESOURCE_EXHAUSTED" } }
        _ = try await run()
        #expect(try await bench.verdicts().count { $0.hasSuffix("RESOURCE_EXHAUSTED") } == rows.count)
        for _ in 0..<2 {
            #expect(try await run(again: true).status == .success)
            #expect(try await bench.verdicts() == safe(3))
            #expect(bench.service.drafts.count == 2)
        }
        let files = bench.store.names.count { $0.hasPrefix("judged/t/2026-11-20/verdicts-") }
        #expect(files == (rows.count == 3 ? 1 : 2), "a record is in one of them only")
    }

    @Test func forThatTheOutputIsNotNeeded() async throws {
        try day(3) { $0.missing = [1] }
        let first = try await run()
        for name in bench.store.names where name.contains("/output/") { bench.store.remove(name) }
        let (status, report) = try await run(again: true)
        #expect(status == .success)
        #expect(try await bench.verdicts() == safe(3))
        #expect(try await bench.state()?.inputs.map(\.lines) == [3, 1])
        // Each answer is told once, by the run that collected it.
        let (old, new) = (first.report.costMicroUsd, report.costMicroUsd)
        #expect(old > 0 && new > 0 && report.days[0].costMicroUsd == old + new)
    }

    @Test func whereVerdictsAreOthersNothingIsAskedAgain() async throws {
        try day(3) { $0.missing = [1] }
        _ = try await run()
        let kept = try #require(bench.store.objects[Self.verdicts])
        let records = try #require(bench.store.names.first { $0.hasPrefix("raw/") && $0.hasSuffix(".gz") })
        bench.store.put(Self.verdicts, try #require(bench.store.objects[records]).bytes)
        let (status, report) = try await run(again: true)
        #expect(status == .dataLoss)
        #expect(report.failure?.contains("does not hold what it is to hold (2 verdicts)") == true)
        #expect(bench.service.drafts.count == 1)
        bench.store.put(Self.verdicts, kept.bytes, contentType: "application/gzip")
        #expect(try await run(again: true).status == .success)
        #expect(try await bench.verdicts() == safe(3))
    }

    /// The file has lost its lines by then, and the state does not know it.
    @Test func whoIsStoppedInBetweenGoesOn() async throws {
        try day(3) { $0.missing = [1] }
        _ = try await run()
        let store = bench.store
        store.before { (operation, name) async throws(Failure) in
            guard operation == .replace, name.hasSuffix("state.json"), store.objects[name] != nil,
                store.names.contains(where: { $0.hasSuffix("input-00001.jsonl") })
            else { return }
            throw Failure(.unavailable, "stopped")
        }
        _ = try await run(again: true)
        #expect(try await bench.state()?.inputs.count == 1)
        store.before(nil)
        #expect(try await run().status == .success)
        #expect(try await bench.verdicts() == safe(3))
        #expect(try await bench.state()?.inputs.map(\.lines) == [3, 1])
    }

    @Test func whatWouldBeCutOffAgainIsLeft() async throws {
        try day(2) { $0.cut = [0] }
        _ = try await run()
        let before = bench.store.objects[Self.verdicts]?.info.generation
        let (status, report) = try await run(again: true)
        #expect(status == .success)
        #expect(!report.days[0].isReported)
        #expect(bench.store.objects[Self.verdicts]?.info.generation == before)
        #expect(bench.service.drafts.count == 1)
    }

    @Test(arguments: [
        FailureReason.missing, .jobFailed, .jobExpired, .jobCancelled, .error("INVALID_ARGUMENT"), .error("503"),
        .blocked("SAFETY"), .stopped("OTHER"), .truncated, .empty, .unreadable,
    ])
    func aReasonIsKnownByItsDescription(_ reason: FailureReason) {
        #expect(FailureReason(description: reason.description) == reason)
        #expect(FailureReason.isRetryable(reason.description) == reason.isRetryable)
    }

    // MARK: Answers that are not there

    @Test(arguments: [(Int?.none, true), (3, true), (3, false)])
    func anAnswerThatIsPaidForIsNotPaidAgainInSilence(_ counted: Int?, _ isGone: Bool) async throws {
        try day(3) { ($0.missing, $0.successful) = (isGone ? [0, 1, 2] : [2], counted) }
        for _ in 0..<2 {
            let (status, report) = try await run()
            #expect(status == .dataLoss)
            #expect(report.failure?.contains("answers are found in memory://store/judge/t") == true)
            #expect(bench.service.drafts.count == 1)
        }
        #expect(try await bench.verdicts().isEmpty)
        bench.service.change { $0.missing = [] }
        _ = try await run(again: true)
        #expect(try await bench.verdicts().count { $0.hasSuffix("missing") } == (isGone ? 3 : 1))
        _ = try await run(again: true)
        #expect(try await bench.verdicts() == safe(3))
    }

    @Test func rowsThatTheServiceDoesNotCountAreAskedAgain() async throws {
        try day(3) { ($0.missing, $0.successful) = ([2], 2) }
        let (status, _) = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(status == .success)
        #expect(try await bench.verdicts() == safe(3))
    }

    // MARK: Days without a verdict

    private func refused() throws {
        try day(2) { $0.errors = [0: "INVALID_ARGUMENT: no schema", 1: "INVALID_ARGUMENT: no schema"] }
    }

    @Test func aDayWithoutAnyVerdictIsNoSuccess() async throws {
        try refused()
        for run in 0..<2 {
            let (status, report) = try await self.run()
            #expect(status == .dataLoss, "\(run)")
            #expect(report.failure?.hasPrefix("no record has a verdict (error:INVALID_ARGUMENT 2)") == true)
            #expect(report.failure?.contains("name another --model-id") == true)
        }
        #expect(bench.store.objects["judged/t/2026-11-20/report.html"] != nil)
        #expect(bench.service.drafts.count == 1)
    }

    @Test(arguments: ["prompt", "model", "flag"])
    func isAskedAnewOtherwise(_ what: String) async throws {
        try refused()
        _ = try await run()
        bench.service.change { $0.errors = [:] }
        let mended = JudgeBench.prompt.replacing("version: 1", with: "version: 2")
        let (status, report) = try await run(
            what == "prompt" ? JudgeBench.rules(mended) : nil,
            model: "publishers/google/models/m-\(what == "model" ? 3 : 1)", again: what == "flag")
        #expect(status == .success)
        #expect(try await bench.verdicts() == safe(2))
        #expect(!bench.store.names.contains(Self.verdicts), "a record is in one file only")
        #expect(report.days[0].counts.records == 2)
        #expect(
            report.days[0].warnings == [
                "What was asked first brought no verdict (error:INVALID_ARGUMENT 2), and is asked anew."
            ])
        #expect(bench.service.drafts.count == 2)
        #expect(try await run().status == .success)
        #expect(bench.service.drafts.count == 2)
    }

    @Test func whatWasCutOffIsAskedAnewOnlyWithMoreRoom() async throws {
        try day(2) { $0.cut = [0, 1] }
        for again in [false, true] {
            let (status, report) = try await run(again: again)
            #expect(status == .dataLoss)
            #expect(report.failure?.contains("raise maxTokens") == true)
            #expect(bench.service.drafts.count == 1)
        }
        bench.service.change { $0.cut = [] }
        let roomy = JudgeBench.prompt.replacing("maxTokens: 100", with: "maxTokens: 200")
        #expect(try await run(JudgeBench.rules(roomy)).status == .success)
        #expect(try await bench.verdicts() == safe(2))
    }

    @Test func whatHasAVerdictStaysWhateverIsAsked() async throws {
        try day(2) { $0.errors = [0: "INVALID_ARGUMENT"] }
        _ = try await run()
        let mended = JudgeBench.prompt.replacing("version: 1", with: "version: 2")
        _ = try await run(JudgeBench.rules(mended), model: "m-3", again: true)
        #expect(bench.service.drafts.count == 1)
    }
}
