internal import Bytes

/// A text that a model gets to see as it stands in its record, inside a JSON string: whole, and with nothing in it that could
/// become a tag of the prompt.
package struct VerbatimText: Equatable, Sendable {
    /// In the line, without the quotes.
    package let range: Range<Int>
    package let size: TextSize

    /// nil when the text has to be looked at closer.
    /// - Parameters:
    ///   - range: of the inside of a JSON string.
    ///   - tokens: at most.
    package init?(_ line: UnsafeRawBufferPointer, _ range: Range<Int>, upTo tokens: Int) {
        let json = UnsafeRawBufferPointer(rebasing: line[range])
        guard !VerbatimText.mayBeBlank(json), let found = JSONText.verbatim(json, but: UInt8(ascii: "<")) else {
            return nil
        }
        let size = TextSize(found)
        guard size.thirds <= tokens * 3 else { return nil }
        (self.range, self.size) = (range, size)
    }

    /// Whether it begins as what stands for white space does. Controls that are no escapes are never verbatim.
    private static func mayBeBlank(_ json: UnsafeRawBufferPointer) -> Bool {
        guard let first = json.first(where: { $0 != 0x20 }) else { return true }
        return first == UInt8(ascii: "\\")
    }
}
