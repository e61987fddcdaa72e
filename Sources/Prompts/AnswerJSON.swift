package import Bytes
internal import Support

/// Reads a model's answer as JSON: one value of any kind, with white space or a Markdown code fence around it and nothing
/// else. JSON inside other text is not looked for.
///
/// One thread at a time.
package final class AnswerJSON {
    package enum Outcome {
        /// A place in `bytes`, until the next answer is read.
        case value(JSONMembers.Member)
        case empty
        case invalid
        case tooDeep
    }

    private let scanner: JSONScanner
    private let buffer = ByteBuffer()
    private let wrapped = ByteBuffer()

    /// - Parameter maxDepth: of the answer itself.
    package init(maxDepth: Int) { scanner = JSONScanner(maxDepth: maxDepth + 1) }

    /// The answer read last, minified.
    package var bytes: UnsafeRawBufferPointer { buffer.bytes }
    /// Whether there was a code fence around it.
    package private(set) var isFenced = false

    package func read(_ text: String) -> Outcome {
        let content = withoutFence(text)
        guard !content.isEmpty else { return .empty }
        // The scanner reads only objects, so the answer becomes the one member of one.
        wrapped.removeAll(keepingCapacity: 1 << 16)
        wrapped.append("{\"\":")
        wrapped.append(text: content)
        wrapped.append("}")
        buffer.removeAll(keepingCapacity: 1 << 16)
        switch scanner.scan(wrapped.bytes, into: buffer) {
        case .rejected(let fault): return fault.reason == .tooDeep ? .tooDeep : .invalid
        case .object: break
        }
        // The answer may have closed the wrapper and begun something else.
        guard var members = JSONMembers(buffer.bytes), let only = members.next(), members.next() == nil,
            members.isComplete
        else { return .invalid }
        return .value(only)
    }

    private func withoutFence(_ text: String) -> String {
        isFenced = false
        let content = trimmed(text)
        guard content.hasPrefix("```"), content.hasSuffix("```"), content.utf8.count >= 6,
            let firstLineEnd = content.utf8.firstIndex(of: UInt8(ascii: "\n"))
        else { return content }
        let end = content.utf8.index(content.endIndex, offsetBy: -3)
        guard firstLineEnd < end else { return content }
        isFenced = true
        return trimmed(String(content[firstLineEnd..<end]))
    }

    /// Some models begin with a byte order mark, which is no white space.
    private func trimmed(_ text: String) -> String {
        trimmedScalars(text) { $0.properties.isWhitespace || $0 == "\u{FEFF}" }
    }
}
