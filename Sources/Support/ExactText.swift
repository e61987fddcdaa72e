/// A text that equals another only scalar by scalar. Two Swift strings are equal, too, when they only look the same.
package struct ExactText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
        hasher.combine(0xFF as UInt8)
    }
}

/// Without the scalars at both ends that `drop` says yes to: by default white space.
package func trimmedScalars(
    _ text: String, where drop: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
) -> String {
    var scalars = Substring(text).unicodeScalars
    while let first = scalars.first, drop(first) { scalars.removeFirst() }
    while let last = scalars.last, drop(last) { scalars.removeLast() }
    return String(scalars)
}
