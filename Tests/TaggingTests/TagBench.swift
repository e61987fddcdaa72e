import Anthropic
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
import Synchronization
import TestSupport

@testable import Tagging

/// A topic `t` in a store in memory, and everything that tags it, with time that only tests move.
struct TagBench: Sendable {
    static let start: Milliseconds = 1_767_225_600_000  // 2026-01-01T00
    static let model = "claude-haiku-5-5"

    let store: InMemoryStore
    let wall = ManualWallClock(TagBench.start)
    let rules: TaggingRules
    let warnings = Warnings()
    var names: TaggedNames { rules.names }

    init(store: InMemoryStore = InMemoryStore(time: TagBench.start), layout: PartitionLayout = .plain) throws {
        self.store = store
        let (taxonomy, prompt, shortening) = (try Samples.taxonomy(), try Samples.prompt(), Shortening())
        let config = TaggingConfigHash(
            model: Self.model, prompt: prompt, taxonomy: taxonomy, shortening: shortening, effort: "low",
            maxTokens: 1000)
        func pointers(_ texts: [String]) -> [JSONPointer] { texts.compactMap { JSONPointer($0) } }
        rules = TaggingRules(
            names: TaggedNames(
                raw: ObjectNames(topic: "t", layout: layout), config: config.description, isRetag: false),
            taxonomy: taxonomy, prompt: prompt, model: Self.model, config: config,
            fields: RecordFields(
                id: pointers(["/id"])[0], input: pointers(["/input"]), output: pointers(["/output"])),
            shortening: shortening, gzip: GzipSettings())
    }

    var logger: Logger { Logger(label: "tests") { [warnings] _ in RecordingHandler(warnings) } }

    // MARK: Raw files

    func rawName(_ start: Int64, _ end: Int64, hour: Int64 = 0, kind: FileKind = .onTime) -> String {
        names.raw.file(kind, hour: Self.hour(hour), partition: Partition(0), range: OffsetRange(start, end))
    }

    static func hour(_ number: Int64) -> Hour { Hour(index: Hour(containing: start).index + number) }

    /// Stores a raw file of these lines.
    @discardableResult
    func put(_ lines: [String], at start: Int64 = 0, hour: Int64 = 0) -> RawFile {
        let name = rawName(start, start + Int64(max(lines.count, 1)), hour: hour)
        return file(store.put(name, GzipLines.file(lines), contentType: "application/gzip"))
    }

    func file(_ object: ObjectInfo) -> RawFile {
        // The name was made by the same rules.
        RawFile(object: object, name: names.raw.parse(file: object.name)!)
    }

    static func line(_ id: Int, _ input: String) -> String { #"{"id":"\#(id)","input":"\#(input)"}"# }

    /// The lines of a tagged file; nil when there is none.
    func tagged(_ raw: RawFile) -> [String]? {
        store.objects[names.tagged(raw.object.name)].map { GzipLines.texts($0.bytes) }
    }

    // MARK: What tags

    /// One run: its own desk, journal, leases.
    struct Run: Sendable {
        let bench: TagBench
        let tagger: FileTagger
        let leases: LeaseKeeper
        var asker: Asker { tagger.asker }
        var gate: CallGate { asker.gate }
        let clock: ManualClock
        let id: String
    }

    func run(
        _ id: String = "run", concurrency: Int = 4, budget: TagBudget = TagBudget(maxCalls: nil, maxCost: nil),
        answerLimit: Int = 100_000, deadline: Duration = .seconds(600), leaseDuration: Duration = .seconds(300),
        failpoints: Failpoints = Failpoints(nil),
        send: @escaping @Sendable (MessageRequest) async throws(AnthropicError) -> MessageAnswer
    ) throws -> Run {
        let clock = ManualClock()
        let gate = CallGate(pace: CallPace(most: concurrency), budget: budget, clock: clock)
        let own = names.answers(on: wall.now()) + id
        let asker = Asker(
            form: try form(), gate: gate, desk: AnswerDesk(limit: answerLimit),
            journal: AnswerJournal(store: store, prefix: own), tally: TagTally(), wallClock: wall,
            retrying: Retrying(policy: RetryPolicy(deadline: deadline), clock: clock, random: { 0.5 }),
            logger: logger, send: send)
        let leases = LeaseKeeper(store: store, clock: wall, holder: id, duration: leaseDuration)
        return Run(
            bench: self,
            tagger: FileTagger(
                store: store, rules: rules, asker: asker, archive: archive(own: own), leases: leases,
                failpoints: failpoints, wallClock: wall, questionsAtOnce: 2 * concurrency),
            leases: leases, clock: clock, id: id)
    }

    func archive(own: String, since age: Milliseconds = 7 * 86_400_000) -> AnswerArchive {
        AnswerArchive(
            store: store, names: names, tagCount: rules.taxonomy.tags.count, since: wall.now() - age, own: own,
            readsAtOnce: 4, logger: logger)
    }

    func form(maxTokens: Int = 1000) throws -> QuestionForm {
        let system = rules.prompt.system(rules.taxonomy)
        let schema = AnswerSchema.json(rules.taxonomy)
        return QuestionForm(
            template: try MessageTemplate(model: Self.model, system: system, schema: schema, effort: .low),
            commonBytes: system.utf8.count + schema.count, maxTokens: maxTokens, answers: AnswerReader(rules.taxonomy),
            prices: try PriceTable(path: Samples.repository.appending(path: "prompts/prices.json").path))
    }

    /// The question about a record with this input.
    func question(_ input: String) throws -> Question {
        let reader = rules.reader()
        let record = Array(Self.line(0, input).utf8).withUnsafeBytes { reader.read($0) }
        guard let key = record?.key else { throw Failure(.failure, "no content") }
        return rules.question(reader, key)
    }

    func key(_ input: String) throws -> ContentKey { try question(input).key }
}

/// Messages of warnings and errors that were logged.
final class Warnings: Sendable {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }
    func add(_ text: String) { list.withLock { $0.append(text) } }
}

private struct RecordingHandler: LogHandler {
    let warnings: Warnings
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    init(_ warnings: Warnings) { self.warnings = warnings }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
        if event.level >= .warning { warnings.add("\(event.message) \(event.metadata ?? [:])") }
    }
}

extension CallGate {
    var waitingCount: Int { waiting.count }
}

extension AnswerDesk {
    var waitingCount: Int { waiting.values.reduce(0) { $0 + $1.count } }
}

extension AnswerJournal {
    var waitingCount: Int { waiting.count }
}

extension FileTagger.Outcome {
    /// nil when it was not tagged.
    var file: TaggedFile? { if case .tagged(let file) = self { file } else { nil } }
}
