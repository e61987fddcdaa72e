/// A value of a YAML file, with the line that it begins on.
package struct YAMLValue: Sendable {
    package indirect enum Content: Sendable {
        case null
        case text(String)
        case list([YAMLValue])
        /// In the order of the file; the keys differ.
        case map([(key: YAMLValue, value: YAMLValue)])
    }

    package let content: Content
    /// From 1.
    package let line: Int
    /// The line of a text's first line, which in a block (`|`, `>`) is the one after.
    package let textLine: Int

    /// Whether a text stands there without quotes, and so may be meant as a number or a truth value.
    package let isPlain: Bool

    package init(_ content: Content, line: Int, textLine: Int? = nil, isPlain: Bool = false) {
        (self.content, self.line, self.textLine) = (content, line, textLine ?? line)
        self.isPlain = isPlain
    }

    /// nil unless it is a text (a number or `true` is one here as well).
    package var text: String? {
        if case .text(let text) = content { return text }
        return nil
    }
}
