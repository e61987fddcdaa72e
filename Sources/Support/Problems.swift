/// Everything that is wrong with one source, said at once.
package enum Problems {
    /// More than a reader would read, when a whole file is wrong.
    private static let shown = 20

    /// Throws `Failure(.usage)`, unless there is no problem.
    package static func fail(_ problems: [String], in source: String) throws(Failure) {
        let problems = byLine(problems)
        guard let first = problems.first else { return }
        if problems.count == 1 { throw Failure(.usage, "\(source): \(first)") }
        var lines = problems.prefix(shown).map { "\n  " + $0 }.joined()
        if problems.count > shown { lines += "\n  …and \(problems.count - shown) more" }
        throw Failure(.usage, "\(source) has \(problems.count) problems:\(lines)")
    }

    /// In the order of the lines that they begin with (`line 3: …`); those of no line last, and otherwise as they were.
    package static func byLine(_ problems: [String]) -> [String] {
        func line(_ problem: String) -> Int {
            guard problem.hasPrefix("line ") else { return .max }
            return Int(problem.dropFirst("line ".count).prefix { $0 != ":" }) ?? .max
        }
        return problems.enumerated().map { (line: line($1), place: $0, text: $1) }
            .sorted { ($0.line, $0.place) < ($1.line, $1.place) }.map(\.text)
    }
}
