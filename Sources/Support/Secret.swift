/// A key or password. Whoever prints, interpolates or dumps it sees a mark in its place.
package struct Secret: Sendable, Equatable {
    package let value: String

    /// Without white space at the ends, which files and shells leave behind.
    package init(_ text: String) { value = trimmed(text) }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
