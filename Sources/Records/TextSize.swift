package import Bytes

/// What a text takes: bytes of UTF-8, and thirds of a token as `TokenEstimate` counts them. Sizes of the parts of a text add up
/// to that of the whole.
package struct TextSize: Equatable, Sendable {
    package private(set) var bytes = 0
    package private(set) var thirds = 0

    package init() {}

    /// - Parameter text: UTF-8.
    package init(_ text: UnsafeRawBufferPointer) {
        (bytes, thirds) = (text.count, TokenEstimate.thirds(text))
    }

    package init(_ text: JSONText.Verbatim) {
        (bytes, thirds) = (text.asciiBytes + text.otherBytes, text.asciiBytes + 3 * text.otherScalars)
    }

    package var tokens: Int { (thirds + 2) / 3 }

    package static func += (size: inout TextSize, other: TextSize) {
        size.bytes += other.bytes
        size.thirds += other.thirds
    }
}
