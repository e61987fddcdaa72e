internal import Bytes
internal import Support

/// A text with places that are filled in: `{{name}}`. What is filled in is not looked at again.
package struct PromptTemplate: Sendable, Equatable {
    package enum Part: Sendable, Equatable {
        case text(String)
        /// A placeholder's name, or the JSON pointer that stands for one.
        case place(String)
    }

    package let parts: [Part]
    /// The first one, in its file.
    package let line: Int
    /// Of each place, in the file.
    package let lines: [String: Int]
    /// What is allowed, and is hardly meant: `line 3: …`.
    package let warnings: [String]

    /// Nothing.
    init() { (parts, line, lines, warnings) = ([], 1, [:], []) }

    /// - Parameters:
    ///   - what: how messages call the text.
    ///   - line: of the text's first line in its file.
    init(_ text: String, what: String, line: Int, _ places: PromptRules.Places, problems: inout [String]) {
        var parts: [Part] = []
        var seen: [String: Int] = [:]
        var rest = Substring(text)
        var lineNumber = line
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
            if !places.allows(name) {
                let shown = printable(name, limit: 40)
                problems.append(
                    "line \(lineNumber): unknown placeholder {{\(shown)}} in '\(what)'; expected \(places.expectation)")
            } else if seen.updateValue(lineNumber, forKey: name) != nil {
                problems.append("line \(lineNumber): {{\(name)}} is in '\(what)' a second time")
            }
            parts.append(.place(name))
            lineNumber += inside.utf8.count { $0 == UInt8(ascii: "\n") }
            rest = rest[close.upperBound...]
        }
        switch places.need {
        case .each:
            for name in places.names where seen[name] == nil {
                problems.append("line \(line): '\(what)' lacks {{\(name)}}")
            }
        case .any where parts.allSatisfy({ if case .text = $0 { true } else { false } }):
            problems.append("line \(line): '\(what)' has no placeholder; expected \(places.expectation)")
        case .any, .none: break
        }
        self.parts = parts + [.text(String(rest))]
        (self.line, lines) = (line, seen)
        warnings = Self.almostPlaces(text, line: line, places)
    }

    /// Placeholders in one pair of braces: as other templates have them, and a plain text here.
    private static func almostPlaces(_ text: String, line: Int, _ places: PromptRules.Places) -> [String] {
        var found: [String] = []
        for (index, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            for piece in content.split(separator: "{", omittingEmptySubsequences: false).dropFirst() {
                guard let close = piece.firstIndex(of: "}") else { continue }
                let name = trimmed(piece[..<close])
                guard places.allows(name), !piece[close...].hasPrefix("}}") else { continue }
                found.append("line \(line + index): '{\(name)}' is sent as it stands; a placeholder is {{\(name)}}")
            }
        }
        return found
    }
}

extension PromptRules.Places {
    fileprivate func allows(_ name: String) -> Bool {
        names.contains(name) || allowsPointers && name.hasPrefix("/") && JSONPointer(name) != nil
    }

    fileprivate var expectation: String {
        let pointers = allowsPointers ? ["a JSON pointer such as {{/metadata/user}}"] : []
        let expected = names.map { "{{\($0)}}" } + pointers
        guard let last = expected.last else { return "none" }
        if expected.count == 1 { return last }
        return expected.dropLast().joined(separator: ", ") + (need == .each ? " and " : " or ") + last
    }
}
