/// A part of a query's text.
enum BTQLToken: Equatable {
    /// A name or a keyword.
    case word(String)
    /// In double quotes: never a keyword.
    case name(String)
    case string(String)
    case number(JSONValue)
    case symbol(String)

    static func all(in text: String) throws(BraintrustFault) -> [BTQLToken] {
        var tokens: [BTQLToken] = []
        var rest = Substring(text)
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                let content = try quoted(&rest)
                tokens.append(first == "'" ? .string(content) : .name(content))
            } else if first.isNumber || (first == "-" && rest.dropFirst().first?.isNumber == true) {
                let digits = rest.prefix { $0.isNumber || "+-.eE".contains($0) }
                guard let number = try? JSONValue(parsing: String(digits)) else {
                    throw .invalid("no number: \(digits)")
                }
                tokens.append(.number(number))
                rest = rest.dropFirst(digits.count)
            } else if first.isLetter || first == "_" {
                let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else {
                let two = String(rest.prefix(2))
                let symbol = ["<=", ">=", "!=", "<>", "=>"].contains(two) ? two : String(first)
                guard symbol.count == 2 || "|:,().[]*=<>".contains(first) else {
                    throw .invalid("unexpected '\(first)'")
                }
                tokens.append(.symbol(symbol))
                rest = rest.dropFirst(symbol.count)
            }
        }
        return tokens
    }

    /// The quote doubled stands for itself.
    private static func quoted(_ rest: inout Substring) throws(BraintrustFault) -> String {
        let quote = rest.removeFirst()
        var content = ""
        while let character = rest.popFirst() {
            guard character == quote else {
                content.append(character)
                continue
            }
            guard rest.first == quote else { return content }
            content.append(rest.removeFirst())
        }
        throw .invalid("a quote that does not end")
    }
}
