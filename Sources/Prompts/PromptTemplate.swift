internal import Support

/// A text with places that are filled in: `{{name}}`. What is filled in is not looked at again.
package struct PromptTemplate: Sendable, Equatable {
    package enum Part: Sendable, Equatable {
        case text(String)
        case place(String)
    }

    package let parts: [Part]

    /// - Parameters:
    ///   - line: of the text's first line in its file.
    ///   - names: of the places; each has to be there once.
    package init(_ text: String, what: String, line: Int, names: [String], problems: inout [String]) {
        var parts: [Part] = []
        var seen: Set<String> = []
        var rest = Substring(text)
        var lineNumber = line
        let expected = names.map { "{{\($0)}}" }.joined(separator: " and ")
        while let open = rest.firstRange(of: "{{") {
            let before = rest[..<open.lowerBound]
            lineNumber += before.utf8.count { $0 == UInt8(ascii: "\n") }
            parts.append(.text(String(before)))
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
                problems.append("line \(lineNumber): '{{' without '}}' in '\(what)'")
                break
            }
            let inside = rest[open.upperBound..<close.lowerBound]
            let name = trimmed(inside)
            if !names.contains(name) {
                let shown = printable(name, limit: 40)
                problems.append(
                    "line \(lineNumber): unknown placeholder {{\(shown)}} in '\(what)'; expected \(expected)")
            } else if !seen.insert(name).inserted {
                problems.append("line \(lineNumber): {{\(name)}} is in '\(what)' a second time")
            }
            parts.append(.place(name))
            lineNumber += inside.utf8.count { $0 == UInt8(ascii: "\n") }
            rest = rest[close.upperBound...]
        }
        for name in names where !seen.contains(name) { problems.append("line \(line): '\(what)' lacks {{\(name)}}") }
        self.parts = parts + [.text(String(rest))]
    }
}
