import Bytes
import Foundation
import HTTP
import Support
import Synchronization
import TestSupport
import VertexAI

@testable import Judging

/// Batch jobs that answer every request as soon as somebody looks, by a rule of the test.
final class FakeBatches: BatchService {
    struct State {
        var jobs: [BatchJob] = []
        var drafts: [BatchJobDraft] = []
        var cancelled: [String] = []
        /// Models that are not known.
        var retired: Set<String> = []
        /// What the next creations answer; the job is made if its error may have acted.
        var createErrors: [VertexError] = []
        /// What the next listings answer; nil: what there is.
        var listErrors: [VertexError?] = []
        /// Listings that jobs are not in yet.
        var lag = 0
        /// Looks until a job has ended.
        var looks = 0
        /// Of the next jobs.
        var ends: [JobState] = []
        var error: BatchJob.Problem?
        /// Rows that get no answer, at the first attempt.
        var missing: Set<Int> = []
        /// What rows say instead of an answer, at the first attempt.
        var errors: [Int: String] = [:]
        /// Rows whose answer reached its greatest length, at the first attempt.
        var cut: Set<Int> = []
        /// Answers that the first job says it has; nil: it does not say it.
        var successful: Int?
        var parent = "projects/1/locations/l"
    }

    let store: InMemoryStore
    private let state: Mutex<State> = Mutex(State())

    init(_ store: InMemoryStore) { self.store = store }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var jobs: [BatchJob] { state.withLock(\.jobs) }
    var drafts: [BatchJobDraft] { state.withLock(\.drafts) }
    var cancelled: [String] { state.withLock(\.cancelled) }

    var parent: String { state.withLock(\.parent) }

    func createBatchJob(_ draft: BatchJobDraft) async throws(VertexError) -> BatchJob {
        let result: Result<BatchJob, VertexError> = state.withLock { state in
            if state.retired.contains(draft.model) {
                return .failure(VertexError(.status(404, rpc: "NOT_FOUND"), message: "\(draft.model) was not found"))
            }
            let error = state.createErrors.isEmpty ? nil : state.createErrors.removeFirst()
            if let error, !error.mayHaveActed { return .failure(error) }
            let job = BatchJob(
                name: "\(state.parent)/batchPredictionJobs/\(state.jobs.count)", displayName: draft.displayName,
                model: draft.model, state: .running, inputURIs: draft.inputURIs, outputPrefix: draft.outputPrefix,
                createTime: Int64(state.jobs.count))
            state.jobs.append(job)
            state.drafts.append(draft)
            return error.map { .failure($0) } ?? .success(job)
        }
        return try result.get()
    }

    func batchJobs(displayName: String) async throws(VertexError) -> [BatchJob] {
        let result: Result<[BatchJob], VertexError> = state.withLock { state in
            if !state.listErrors.isEmpty, let error = state.listErrors.removeFirst() { return .failure(error) }
            state.lag -= 1
            return .success(
                state.lag >= 0
                    ? [] : state.jobs.filter { $0.displayName == displayName && $0.name.hasPrefix(state.parent) })
        }
        return try result.get()
    }

    func cancelBatchJob(_ name: String) async throws(VertexError) { change { $0.cancelled.append(name) } }

    func batchJob(_ name: String) async throws(VertexError) -> BatchJob {
        let found: (job: BatchJob, draft: BatchJobDraft, state: State)? = state.withLock { state in
            guard let place = state.jobs.firstIndex(where: { $0.name == name }) else { return nil }
            if state.looks > 0 {
                state.looks -= 1
            } else if !state.jobs[place].state.isEnded {
                let end = state.ends.isEmpty ? JobState.succeeded : state.ends.removeFirst()
                state.jobs[place].state = end
                if end == .failed { state.jobs[place].error = state.error }
                if [.succeeded, .partiallySucceeded].contains(end) {
                    if place == 0 { state.jobs[place].successful = state.successful }
                    state.jobs[place].outputDirectory = state.drafts[place].outputPrefix + "/prediction-model-x"
                }
            }
            return (state.jobs[place], state.drafts[place], state)
        }
        guard let found else { throw VertexError(.status(404, rpc: "NOT_FOUND"), message: "no such job") }
        if found.job.outputDirectory != nil { answer(found.job, found.draft, found.state) }
        return found.job
    }

    private func answer(_ job: BatchJob, _ draft: BatchJobDraft, _ state: State) {
        let prefix = store.location + "/"
        let name = String(draft.inputURIs[0].dropFirst(prefix.count))
        guard let directory = job.outputDirectory, let input = store.objects[name] else { return }
        var rows: [String] = []
        for line in input.bytes.split(separator: 0x0A) {
            guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
                let request = object["request"] as? [String: Any], let labels = request["labels"] as? [String: String],
                let row = labels["row"].flatMap({ Int($0) }), let number = labels["input"].flatMap({ Int($0) })
            else { continue }
            if number == 0, state.missing.contains(row) { continue }
            if number == 0, let error = state.errors[row] {
                rows.append(JudgeSample.json(["status": error, "request": ["labels": labels], "response": [:]]))
                continue
            }
            let isBad = String(decoding: line, as: UTF8.self).contains("EVIL")
            let text =
                isBad
                ? JudgeSample.answer("unsafe", severity: "high", categories: ["jailbreak"], evidence: "EVIL")
                : JudgeSample.answer()
            rows.append(
                JudgeSample.json([
                    "status": "", "request": ["labels": labels],
                    "response": JudgeSample.response(
                        text, finishReason: number == 0 && state.cut.contains(row) ? "MAX_TOKENS" : "STOP",
                        model: shortModel(draft.model)),
                ]))
        }
        let folder = directory.dropFirst(prefix.count)
        store.put("\(folder)/predictions.jsonl", Array((rows.reversed().joined(separator: "\n") + "\n").utf8))
    }
}
