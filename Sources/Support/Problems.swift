/// Everything that is wrong with one source, said at once.
package enum Problems {
    /// More than a reader would read, when a whole file is wrong.
    private static let shown = 20

    /// Throws `Failure(.usage)`, unless there is no problem.
    package static func fail(_ problems: [String], in source: String) throws(Failure) {
        guard let first = problems.first else { return }
        if problems.count == 1 { throw Failure(.usage, "\(source): \(first)") }
        var lines = problems.prefix(shown).map { "\n  " + $0 }.joined()
        if problems.count > shown { lines += "\n  …and \(problems.count - shown) more" }
        throw Failure(.usage, "\(source) has \(problems.count) problems:\(lines)")
    }
}
