import Foundation

/// The filter of a list of jobs: `state="JOB_STATE_SUCCEEDED" AND display_name:"daily_*"`.
///
/// https://google.aip.dev/160, as far as batchPredictionJobs.list documents it: OR binds tighter than AND.
indirect enum JobFilter: Sendable, Equatable {
    case compare(field: String, comparison: String, value: String)
    case and([JobFilter])
    case or([JobFilter])
    case not(JobFilter)

    /// By field, the comparisons that are documented.
    private static let comparisons: [String: Set<String>] = [
        "display_name": ["=", "!=", ":"], "model_display_name": ["=", "!="], "state": ["=", "!="],
        "create_time": ["=", "!=", "<", "<=", ">", ">="],
    ]

    init(_ text: String) throws(VertexFault) {
        var reader = FilterReader(tokens: try FilterReader.tokens(of: text))
        self = try reader.whole()
    }

    fileprivate static func restriction(
        _ field: String, _ comparison: String, _ value: String
    ) throws(VertexFault) -> JobFilter {
        let known = field.hasPrefix("labels.") ? ["=", ":"] : comparisons[field]
        guard let known else { throw .invalid("Invalid filter: the field \(field) is not supported.") }
        guard known.contains(comparison) else {
            throw .invalid("Invalid filter: \(field) does not support \(comparison).")
        }
        return .compare(field: field, comparison: comparison, value: value)
    }

    /// - Parameter values: a job's, by field.
    func holds(for values: (String) -> String?) -> Bool {
        switch self {
        case .and(let filters): return filters.allSatisfy { $0.holds(for: values) }
        case .or(let filters): return filters.contains { $0.holds(for: values) }
        case .not(let filter): return !filter.holds(for: values)
        case .compare(let field, let comparison, let wanted):
            guard let value = values(field) else { return comparison == "!=" }
            switch comparison {
            case "=": return value == wanted
            case "!=": return value != wanted
            case "<": return value < wanted
            case "<=": return value <= wanted
            case ">": return value > wanted
            case ">=": return value >= wanted
            default: return JobFilter.matches(value, wanted)
            }
        }
    }

    /// `*` stands for any text.
    static func matches(_ value: String, _ pattern: String) -> Bool {
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard pieces.count > 1 else { return value == pattern }
        guard value.hasPrefix(pieces[0]) else { return false }
        var rest = value.dropFirst(pieces[0].count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let range = rest.range(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(pieces[pieces.count - 1])
    }
}

private struct FilterReader {
    enum Token: Equatable {
        /// A name, a keyword or a bare value.
        case word(String)
        case quoted(String)
        case symbol(String)
    }

    let tokens: [Token]
    private var next = 0

    init(tokens: [Token]) { self.tokens = tokens }

    static func tokens(of text: String) throws(VertexFault) -> [Token] {
        var tokens: [Token] = []
        var rest = Substring(text)
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "\"" || first == "'" {
                tokens.append(.quoted(try quoted(&rest)))
            } else if "=!<>:()".contains(first) {
                let two = String(rest.prefix(2))
                let symbol = ["!=", "<=", ">="].contains(two) ? two : String(first)
                tokens.append(.symbol(symbol))
                rest.removeFirst(symbol.count)
            } else {
                let word = rest.prefix { !$0.isWhitespace && !"=!<>:()\"'".contains($0) }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            }
        }
        return tokens
    }

    private static func quoted(_ rest: inout Substring) throws(VertexFault) -> String {
        let quote = rest.removeFirst()
        var content = ""
        while let character = rest.popFirst() {
            if character == quote { return content }
            if character == "\\", let escaped = rest.popFirst() {
                content.append(escaped)
            } else {
                content.append(character)
            }
        }
        throw .invalid("Invalid filter: a quote that does not end.")
    }

    private var token: Token? { next < tokens.count ? tokens[next] : nil }

    private mutating func take(_ token: Token) -> Bool {
        guard self.token == token else { return false }
        next += 1
        return true
    }

    mutating func whole() throws(VertexFault) -> JobFilter {
        let filter = try conjunction()
        guard token == nil else { throw unexpected() }
        return filter
    }

    private func unexpected() -> VertexFault { .invalid("Invalid filter: it is not understood at part \(next + 1).") }

    private mutating func conjunction() throws(VertexFault) -> JobFilter {
        var filters = [try disjunction()]
        while take(.word("AND")) { filters.append(try disjunction()) }
        return filters.count == 1 ? filters[0] : .and(filters)
    }

    private mutating func disjunction() throws(VertexFault) -> JobFilter {
        var filters = [try term()]
        while take(.word("OR")) { filters.append(try term()) }
        return filters.count == 1 ? filters[0] : .or(filters)
    }

    private mutating func term() throws(VertexFault) -> JobFilter {
        if take(.word("NOT")) { return .not(try term()) }
        if take(.symbol("(")) {
            let filter = try conjunction()
            guard take(.symbol(")")) else { throw unexpected() }
            return filter
        }
        guard case .word(let field) = token else { throw unexpected() }
        next += 1
        guard case .symbol(let comparison) = token else { throw unexpected() }
        next += 1
        let value: String
        switch token {
        case .word(let word): value = word
        case .quoted(let text): value = text
        default: throw unexpected()
        }
        next += 1
        return try .restriction(field, comparison, value)
    }
}
