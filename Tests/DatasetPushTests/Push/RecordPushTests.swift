import Braintrust
import Bytes
import JobSupport
import Logging
import Records
import Support
import Testing
import TestSupport

@testable import DatasetPush

/// Records on their way to datasets.
@Suite struct RecordPushTests {
    private struct Lines: LineSource {
        var texts: [String]

        mutating func next() async throws(Failure) -> LineBatch? {
            guard !texts.isEmpty else { return nil }
            let bytes = Array((texts.removeFirst() + "\n").utf8)
            return LineBatch(bytes: bytes, ends: [bytes.count])
        }
    }

    /// A large record that many want is in memory as often as there is room, not as often as it is wanted.
    @Test func roomIsMadeBetweenTheRowsOfARecord() async throws {
        let fake = try FakeBraintrust()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let targets = (0..<60).map {
            PushTarget(Dataset(id: "d\($0)", name: "n", description: #"[[relevant_tags: ["a"]]]"#))
        }
        let pusher = DatasetPusher(
            try fake.client(), targets: targets, deadLetters: RowDeadLetters(store: InMemoryStore(), prefix: "dead/"),
            options: DatasetPusher.Options(payloadLimit: 2 << 20), logger: logger)
        var push = RecordPush(
            pusher,
            fields: RecordFields(
                id: JSONPointer("/id")!, input: [JSONPointer("/input")!], output: [JSONPointer("/output")!]),
            logger: logger)
        let text = String(repeating: "x", count: 1 << 20)
        var lines = Lines(texts: [#"{"input":"\#(text)","relevant_tags":["a"],"tagging":{"id":"i"}}"#])
        try await push.push(&lines, file: "f", hour: nil, origin: .logs(projectID: "p"), verdicts: VerdictTable())
        let before = fake.inserts.count
        #expect((20..<60).contains(before))
        try await push.finish()
        #expect(fake.inserts.count == 60)
        #expect(pusher.counts.allSatisfy { $0.inserted == 1 })
    }
}
