import Bytes
import Foundation
@testable import Interactions
import Support

/// A record that owns its bytes, to make views of.
struct RecordSample {
    var topic = "raw-interactions"
    var partition: Int32 = 3
    var offset: Int64 = 42
    var timestamp: Milliseconds? = 1_700_000_000_000
    var timestampType = KafkaTimestampType.create
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [(name: [UInt8], value: [UInt8]?)] = []

    init(_ value: String?) { self.value = value.map { Array($0.utf8) } }

    /// Calls `body` with a view whose bytes live as long as the call, and with its headers.
    func withView<R>(_ body: (KafkaRecordView, [KafkaHeaderView]) -> R) -> R {
        var owned: [UnsafeMutableRawBufferPointer] = []
        defer { for memory in owned { memory.deallocate() } }
        func own(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            memory.copyBytes(from: bytes)
            owned.append(memory)
            return UnsafeRawBufferPointer(memory)
        }
        let view = KafkaRecordView(
            topic: own(Array(topic.utf8)), partition: partition, offset: offset, timestamp: timestamp,
            timestampType: timestampType, key: key.map(own), value: value.map(own))
        return body(view, headers.map { KafkaHeaderView(name: own($0.name), value: $0.value.map(own)) })
    }

    /// Writes the record behind something that must stay, and checks the byte count.
    func write(
        _ format: RecordFormat = .value, maxRecordBytes: Int = 1000, maxDepth: Int = 128
    ) throws -> (written: WrittenRecord, line: String, headersAsked: Int) {
        guard let pointer = JSONPointer("/timestamp") else { throw CocoaError(.coderInvalidValue) }
        let writer = RecordWriter(
            rule: EventTimeRule(field: pointer, maxSkew: 86_400_000), format: format, maxRecordBytes: maxRecordBytes,
            maxDepth: maxDepth)
        let buffer = ByteBuffer()
        buffer.append("the line before\n")
        var asked = 0
        let written = withView { view, headers in
            writer.write(
                view,
                headers: {
                    asked += 1
                    return headers
                }, to: buffer)
        }
        let all = String(decoding: buffer.bytes, as: UTF8.self)
        guard all.hasPrefix("the line before\n"), all.hasSuffix("\n"), written.byteCount == buffer.count - 16 else {
            throw CocoaError(.fileReadCorruptFile)
        }
        return (written, String(all.dropFirst(16).dropLast()), asked)
    }
}
