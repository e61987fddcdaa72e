import Bytes
import Foundation
import Gzip
import HTTP
import Interactions
import JobSupport
import Logging
import ObjectStorage
import Prices
import Records
import Support
import TestSupport

@testable import Judging

/// A store with a topic's hours, and runs over it.
struct JudgeBench {
    static let topic = "t"
    static let date = "2026-11-20"
    static let prompt = """
        name: p
        version: 1
        modelParameters: {maxTokens: 100}
        messages:
          - {role: system, content: "Judge."}
          - {role: user, content: "{{input}}{{output}}"}
        jsonSchema:
          type: object
          properties:
            verdict: {type: string, enum: [safe, suspicious, unsafe]}
            severity: {type: string, enum: [none, low, medium, high, critical]}
            categories: {type: array, items: {type: string, enum: [prompt_injection, data_exfiltration, jailbreak]}}
            evidence: {type: string, maxLength: 40}
            confidence: {type: number}
          required: [verdict, severity, categories, evidence, confidence]
        """
    static let canaries = """

        testData:
          - {name: bad, input: EVIL, expected: {verdict: unsafe}, canary: true}
          - {name: good, input: fine, expected: {verdict: unsafe}, canary: true}
          - {name: other, input: fine, expected: {verdict: safe}}
        """

    let store = InMemoryStore()
    let service: FakeBatches
    let clock = ManualClock()
    let names = ObjectNames(topic: JudgeBench.topic, layout: .plain)

    init() { service = FakeBatches(store) }

    // MARK: What is stored

    func hour(_ hour: Int, date: String = JudgeBench.date) throws -> Hour {
        guard let found = Hour(date: date, hourOfDay: hour) else { throw Failure(.failure, "no hour") }
        return found
    }

    @discardableResult
    func put(
        _ records: [String], hour hourOfDay: Int = 13, partition: Int32 = 0, start: Int64 = 0,
        _ kind: FileKind = .onTime,
        date: String = JudgeBench.date
    ) throws -> String {
        let name = names.file(
            kind, hour: try hour(hourOfDay, date: date), partition: Partition(partition),
            range: OffsetRange(start, start + Int64(records.count)))
        let rope = RopeWriter(pool: BlockPool())
        let lines = Array((records.joined(separator: "\n") + "\n").utf8)
        try lines.withUnsafeBytes { try GzipWriter(GzipSettings(engine: .isal)).appendMember(of: $0, to: rope) }
        store.put(name, rope.finish().joined, contentType: "application/gzip")
        return name
    }

    static func records(_ count: Int, from first: Int = 0, text: String = "hello") -> [String] {
        (first..<(first + count)).map { #"{"id":"i-\#($0)","input":"\#(text) \#($0)","output":"ok"}"# }
    }

    /// With what is stored of the hours by now.
    func seal(_ hours: some Sequence<Int> = 0..<24, date: String = JudgeBench.date) throws {
        let files = store.names.compactMap { names.parse(file: $0) }
        for hourOfDay in hours {
            let hour = try hour(hourOfDay, date: date)
            var manifest = HourManifest(topic: Self.topic, hour: hour, parts: [], sealedAtMs: 0)
            manifest.records = files.filter { $0.hour == hour }.map { Int($0.range.end - $0.range.start) }.reduce(0, +)
            store.put(names.manifest(of: hour), ObjectCoding.encode(manifest))
        }
    }

    func progress(_ partition: Int32, closedBefore hour: Hour?) {
        let progress = Progress(
            topic: Self.topic, partition: Partition(partition), next: LinkID(start: 0), position: 0,
            logEnd: 0, drainedAtMs: nil, closedBefore: hour, lost: [], updatedAtMs: 0)
        store.put(names.progress(of: Partition(partition)), ObjectCoding.encode(progress))
    }

    // MARK: Runs

    static func rules(_ yaml: String = JudgeBench.prompt) throws -> JudgeRules {
        let pointers = ["/id", "/input", "/output"].compactMap { JSONPointer($0) }
        return JudgeRules(
            prompt: try JudgePrompt.file(Array(yaml.utf8), source: "p.yml"),
            fields: RecordFields(id: pointers[0], input: [pointers[1]], output: [pointers[2]]),
            shortening: Shortening())
    }

    static func prices() throws -> PriceTable {
        let json = """
            {"date": "2026-11-01", "source": "s", "currency": "USD", "unit": "million tokens", "models": {"m-1": \
            {"input": 1, "output": 1, "cache_write_5m": 1, "cache_write_1h": 1, "cache_read": 1, "batch_factor": 0.5}, \
            "m-dear": {"input": 100, "output": 100, "cache_write_5m": 100, "cache_write_1h": 100, "cache_read": 100, \
            "batch_factor": 0.5}}}
            """
        return try PriceTable(json: Array(json.utf8), name: "prices")
    }

    func parts(
        _ steps: JudgeSteps = [.assemble, .submit, .collect], rules: JudgeRules? = nil,
        model: String? = "publishers/google/models/m-1", fallback: String? = "publishers/google/models/m-2",
        run: String = "run", failpoint: Failpoints = Failpoints(nil), _ change: (inout JudgeLimits) -> Void = { _ in }
    ) throws -> JudgeParts {
        guard let yesterday = CivilDate(Self.date) else { throw Failure(.failure, "no date") }
        var limits = JudgeLimits(steps: steps, days: .yesterday(yesterday, lookback: 7))
        change(&limits)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let wallClock = ManualWallClock(store.time)
        let states = StateStore(store)
        let results = store
        let submitter = JobSubmitter(
            service: service, states: states, model: model, fallback: fallback, prices: try Self.prices(),
            failpoints: failpoint, retrying: Retrying(policy: RetryPolicy(), clock: clock), logger: logger)
        return JudgeParts(
            finder: DayFinder(input: store, states: states, layout: .plain, limits: limits), limits: limits,
            rules: try rules ?? Self.rules(),
            submitter: submitter, pricing: JobPricing(submitter),
            gzip: GzipSettings(engine: .isal),
            leases: LeaseKeeper(store: store, clock: wallClock, holder: run, duration: .seconds(600)),
            failpoints: failpoint, clock: wallClock, timer: clock,
            results: { (state, _, _) async throws(Failure) in
                let names = JudgedNames(topic: state.topic)
                for name in [names.report(of: state.date), names.summary(of: state.date)] {
                    _ = results.put(name, Array("\(state.inputs.count)".utf8))
                }
            }, logger: logger)
    }

    func run(_ parts: JudgeParts) async throws -> (status: ExitStatus, report: JudgeReport) {
        var report = JudgeReport(job: "j", store: store.location, startedAt: 0)
        let status = try await JudgeRun(parts).run(&report)
        return (status, report)
    }

    func state(_ date: String = JudgeBench.date) async throws -> DayState? {
        try await StateStore(store).read(Self.topic, date)?.state
    }

    /// Lines of all verdicts files that the state lists, as `id verdict` or `id reason`.
    func verdicts() async throws -> [String] {
        var found: [String] = []
        for input in try await state()?.inputs ?? [] {
            guard let name = input.collected?.verdicts, let object = store.objects[name] else { continue }
            var lines = StoredLines(object.info, in: store)
            while let batch = try await lines.next() {
                batch.forEach { line in
                    guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else {
                        return
                    }
                    found.append("\(object["id"] ?? "") \(object["verdict"] ?? object["reason"] ?? "")")
                }
            }
        }
        return found.sorted()
    }
}
