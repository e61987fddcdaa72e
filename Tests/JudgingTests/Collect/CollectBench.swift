import Bytes
import Foundation
import Gzip
import JobSupport
import ObjectStorage
import Support
import TestSupport

@testable import Judging

/// A store with an input object and the output of its job.
final class CollectBench {
    static let date = "2026-11-20"
    static let folder = "out/prediction-model-2026/"

    let store = InMemoryStore()
    let names = JudgedNames(topic: "t")
    var input: DayState.Input
    var canaries: [Canary] = []
    var price: AnswerPrice = { tokens, _ in tokens.prompt + 10 * (tokens.answer + tokens.thoughts) }

    /// - Parameters:
    ///   - number: of the input object.
    ///   - texts: what the records say.
    ///   - message: what a request says of a text.
    init(
        number: Int = 0, texts: [String], canaries: Int = 0, jobState: String = "JOB_STATE_SUCCEEDED",
        message: (String) -> String = { "<record_input>\n\($0)\n</record_input>" }
    ) {
        let name = CollectBench.inputName(CollectBench.date, number)
        let buffer = ByteBuffer()
        for (row, text) in texts.enumerated() {
            let labels = RequestLabels(
                place: RowPlace(input: number, row: row),
                file: row < canaries ? RequestLabels.canaryFile : "13-p00000-00000000000000000000-00000000000000000100",
                line: row < canaries ? row : row + 1, id: RequestLabels.Identity(Array("i-\(row)".utf8)))
            buffer.append(text: "{\"request\":{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":")
            buffer.append(jsonText: message(text))
            buffer.append(text: "}]}],\"labels\":")
            labels.append(to: buffer)
            buffer.append(text: "}}\n")
        }
        let info = store.put(name, Array(buffer.bytes))
        input = DayState.Input(
            number: number, round: 0, name: name, lines: texts.count, bytes: info.size, checksum: info.crc32c ?? 0,
            canaries: canaries, phase: .ended)
        (input.model, input.jobState) = ("gemini-job", jobState)
    }

    static func inputName(_ date: String, _ number: Int) -> String {
        "judge/t/\(date)/input-\(padded(number, 5)).jsonl"
    }

    func output(_ name: String, _ rows: [String]) {
        store.put(CollectBench.folder + name, Array(rows.map { $0 + "\n" }.joined().utf8))
    }

    func row(_ row: Int, _ answer: String = JudgeSample.answer()) -> String {
        JudgeSample.row(input: input.number, row: row, response: JudgeSample.response(answer))
    }

    func failed(_ row: Int, _ status: String = "RESOURCE_EXHAUSTED: later") -> String {
        JudgeSample.row(input: input.number, row: row, status: status)
    }

    var collector: Collector {
        Collector(
            store: store, names: names, schema: JudgeSample.schema, prompt: "p-1-00000000", canaries: canaries,
            price: price, gzip: GzipSettings(), inputName: CollectBench.inputName)
    }

    /// - Parameter isAnyOutputEnough: also where a job that succeeded seems to have answered nothing.
    func collect(
        retry: Int? = nil, hasOutput: Bool = true, isAnyOutputEnough: Bool = false
    ) async throws(Failure) -> CollectedInput {
        var order = CollectOrder(
            input: input, date: CollectBench.date, output: hasOutput ? (store, CollectBench.folder) : nil,
            retry: retry)
        order.goesByWhatIsThere = isAnyOutputEnough
        return try await collector.collect(order)
    }

    /// The lines of a stored object, each as a dictionary.
    func lines(_ name: String?, as storage: LineStorage = .gzip) async throws -> [[String: Any]] {
        guard let name, let object = try await store.info(name) else { return [] }
        var lines = StoredLines(object, in: store, as: storage)
        var result: [[String: Any]] = []
        while let batch = try await lines.next() {
            batch.forEach { line in
                let value = try? JSONSerialization.jsonObject(with: Data(line))
                result.append(value as? [String: Any] ?? [:])
            }
        }
        return result
    }

    func text(_ name: String?) async throws -> String {
        guard let name, let object = try await store.info(name) else { return "" }
        var lines = StoredLines(object, in: store)
        var text = ""
        while let batch = try await lines.next() { text += String(decoding: batch.bytes, as: UTF8.self) }
        return text
    }

    /// Status or verdict of each line of the verdicts file, by the record's line.
    func results(_ collected: CollectedInput) async throws -> [String] {
        try await lines(collected.verdicts).map { line in
            "\(line["line"] ?? "?") \(line["verdict"] ?? line["reason"] ?? "?")"
        }
    }
}
