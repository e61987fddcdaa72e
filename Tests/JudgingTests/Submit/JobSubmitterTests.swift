import HTTP
import Interactions
import Support
import Testing
import TestSupport
import VertexAI

@testable import Judging

/// Which model a job asks for, and what becomes of refusals.
@Suite struct JobSubmitterTests {
    private static let gone = VertexError(.status(404, rpc: "NOT_FOUND"), message: "models/m-1 was not found")
    private let bench = JudgeBench()

    private func model(_ name: String) -> String { "publishers/google/models/\(name)" }

    private func day(_ records: Int = 2) throws {
        try bench.put(JudgeBench.records(records))
        try bench.seal()
    }

    @Test(arguments: [
        (gone, Support.ExitStatus.noInput),
        (VertexError(.status(400, rpc: "INVALID_ARGUMENT"), message: "not with this model"), .failure),
        (VertexError(.status(403, rpc: "PERMISSION_DENIED"), message: "no new access"), .noPermission),
    ])
    func afterARefusalAnotherModelMayBeAskedFor(_ error: VertexError, _ status: Support.ExitStatus) async throws {
        try day()
        bench.service.change { $0.createErrors = [error] }
        let refused = try await bench.run(bench.parts(fallback: nil))
        #expect(refused.status == status)
        let input = try #require(try await bench.state()?.inputs.first)
        #expect(input.phase == .assembled)
        #expect(input.displayName == nil)
        let next = try await bench.run(bench.parts(model: model("m-3"), fallback: nil) { $0.wait = .zero })
        #expect(next.status == .success)
        #expect(bench.service.drafts.map(\.model) == [model("m-3")])
        #expect(try await bench.verdicts() == ["i-0 safe", "i-1 safe"])
    }

    @Test func whereTheFallbackIsGoneTooAnotherModelMayBeAskedFor() async throws {
        try day()
        bench.service.change { $0.retired = [model("m-1"), model("m-2")] }
        #expect(try await bench.run(bench.parts()).status == .noInput)
        #expect(try await bench.run(bench.parts()).status == .noInput)
        let (status, _) = try await bench.run(bench.parts(model: "m-3") { $0.wait = .zero })
        #expect(status == .success)
        #expect(bench.service.drafts.map(\.model) == ["m-3"])
    }

    @Test func onlyTheModelThatIsGoneIsReplacedForTheDay() async throws {
        try day()
        bench.service.change { $0.retired = [model("m-1")] }
        _ = try await bench.run(bench.parts { $0.wait = .zero })
        bench.service.change { $0.retired = [] }
        for (start, asked) in [(2, "m-1"), (3, "m-3")] {
            try bench.put(JudgeBench.records(1, from: start), start: Int64(start), .late)
            _ = try await bench.run(bench.parts(model: asked) { $0.wait = .zero })
        }
        #expect(bench.service.drafts.map(\.model) == [model("m-2"), model("m-2"), "m-3"])
    }

    @Test func aJobThatWasAnnouncedAndIsNotThereHoldsNoModel() async throws {
        try day()
        bench.service.change { $0.listErrors = [VertexError(.unanswered(.invalidRequest), message: "no")] }
        _ = try await bench.run(bench.parts())
        #expect(try await bench.state()?.inputs.first?.phase == .submitting)
        _ = try await bench.run(bench.parts(model: "m-3"))
        #expect(bench.service.drafts.map(\.model) == ["m-3"])
    }

    @Test func aJobThatWasAnnouncedAndIsThereIsTakenWhateverModelIsAskedForNow() async throws {
        try day()
        bench.service.change {
            $0.createErrors = [VertexError(.unanswered(.timeout), message: "lost")]
            // Before the creation, and after it.
            $0.listErrors = [nil, VertexError(.status(403, rpc: nil), message: "no")]
        }
        _ = try await bench.run(bench.parts())
        _ = try await bench.run(bench.parts(model: "m-3"))
        #expect(bench.service.drafts.map(\.model) == [model("m-1")])
        #expect(try await bench.state()?.inputs.first?.job == bench.service.jobs.first?.name)
    }

    @Test func aJobThatWasAnnouncedIsLookedForWhereItWasAskedFor() async throws {
        try day()
        bench.service.change {
            $0.createErrors = [VertexError(.unanswered(.timeout), message: "lost")]
            $0.listErrors = [nil, VertexError(.status(403, rpc: nil), message: "no")]
        }
        _ = try await bench.run(bench.parts())
        let parent = bench.service.parent
        bench.service.change { $0.parent = "projects/1/locations/elsewhere" }
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .usage)
        #expect(report.failure?.contains(parent) == true)
        bench.service.change { $0.parent = parent }
        #expect(try await bench.run(bench.parts { $0.wait = .zero }).status == .success)
        #expect(bench.service.drafts.count == 1)
        // What is found holds no place any more.
        #expect(try await bench.verdicts() == ["i-0 safe", "i-1 safe"])
    }

    // MARK: What is not found

    @Test func whatIsNotFoundWhileListingIsNoModel() async throws {
        try day()
        let error = VertexError(.status(404, rpc: "NOT_FOUND"), message: "Location eu-foo is not found, nor models/m-1")
        bench.service.change { $0.listErrors = [error] }
        let refused = try await bench.run(bench.parts())
        #expect(refused.status == .noInput)
        #expect(refused.report.days[0].warnings.isEmpty)
        let next = try await bench.run(bench.parts())
        #expect(next.status == .success)
        #expect(bench.service.drafts.map(\.model) == [model("m-1")])
    }

    @Test func whatElseACreationDoesNotFindIsNoModel() async throws {
        try day()
        let error = VertexError(.status(404, rpc: "NOT_FOUND"), message: "gs://b/m-1/input-00000.jsonl not found")
        bench.service.change { $0.createErrors = [error] }
        let (status, report) = try await bench.run(bench.parts())
        #expect(status == .noInput)
        #expect(report.days[0].warnings.isEmpty)
        #expect(bench.service.drafts.isEmpty)
    }

    @Test func aJobThatDidNotFindItsBucketHasNoOtherModelAfterwards() async throws {
        try day()
        bench.service.change {
            $0.ends = [.failed]
            $0.error = BatchJob.Problem(code: 5, message: "Bucket gs://m-1 not found")
        }
        _ = try await bench.run(bench.parts { $0.wait = .zero })
        #expect(Set(bench.service.drafts.map(\.model)) == [model("m-1")])
    }

    @Test(arguments: [
        ("Publisher Model `projects/p/locations/l/publishers/google/models/m-1` was not found", true),
        ("there is no m-1", true), ("the bucket is not there", false), ("gs://m-1 is not there", false),
        ("publishers/google/models/m-1 cannot read gs://b", true), ("", false),
    ])
    func whatIsAboutTheModel(_ message: String, _ expected: Bool) {
        #expect(isAbout(message, model: model("m-1")) == expected)
    }
}
