internal import HTTP

/// What became of one request of a batch.
package struct BatchResult: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case succeeded(MessageAnswer)
        /// `CallPolicy` says what it means: `retry` is to ask again in another batch.
        case errored(AnthropicError)
        /// The batch was cancelled first: not billed.
        case canceled
        /// The batch's day was over first: not billed; may be asked again.
        case expired
        /// Answered, and billed, but the message cannot be read.
        case unreadableMessage
        /// Not understood.
        case unreadable
    }

    /// nil when not even that can be read.
    package var customID: String?
    package var outcome: Outcome
}

/// The results of a batch, in the order they came, which is none. Decoded one line at a time.
package struct BatchResults: Sendable, Sequence {
    private let lines: [UInt8]

    init(lines: [UInt8]) { self.lines = lines }

    package struct Iterator: IteratorProtocol {
        fileprivate let lines: [UInt8]
        fileprivate var position = 0

        package mutating func next() -> BatchResult? {
            while position < lines.count {
                let start = position
                let end = lines[start...].firstIndex(of: UInt8(ascii: "\n")) ?? lines.count
                position = end + 1
                let isBlank = lines[start..<end].allSatisfy { [0x20, 0x0D, 0x09].contains($0) }
                if !isBlank { return lines[start..<end].withUnsafeBytes(BatchResult.init(line:)) }
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(lines: lines) }
}

extension BatchResult {
    private struct Named: Decodable { var custom_id: String }

    private struct Typed: Decodable {
        struct Result: Decodable { var type: String }
        var result: Result
    }

    private struct Line: Decodable {
        struct Result: Decodable {
            var type: String
            var message: MessageAnswer?
            var error: ErrorBody?
        }
        var custom_id: String
        var result: Result
    }

    init(line: UnsafeRawBufferPointer) {
        guard line.count <= MessageAnswer.maxBytes, let content = decodeUntrusted(Line.self, from: line) else {
            let isAnswered = decodeUntrusted(Typed.self, from: line)?.result.type == "succeeded"
            self.init(
                customID: decodeUntrusted(Named.self, from: line)?.custom_id,
                outcome: isAnswered ? .unreadableMessage : .unreadable)
            return
        }
        let outcome: Outcome =
            switch (content.result.type, content.result.message, content.result.error) {
            case ("succeeded", let message?, _): .succeeded(message)
            case ("succeeded", nil, _): .unreadableMessage
            case ("errored", _, let error?): .errored(AnthropicError(batched: error))
            case ("canceled", _, _): .canceled
            case ("expired", _, _): .expired
            default: .unreadable
            }
        self.init(customID: content.custom_id, outcome: outcome)
    }
}
