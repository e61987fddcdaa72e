internal import Support
internal import Yams

/// A value of a YAML file, with the line that it begins on.
struct YAMLValue {
    indirect enum Content {
        case null
        case text(String)
        case list([YAMLValue])
        /// In the order of the file; the keys differ.
        case map([(key: YAMLValue, value: YAMLValue)])
    }

    let content: Content
    let line: Int
    /// The line of a text's first line, which in a block (`|`, `>`) is the one after.
    let textLine: Int

    init(_ content: Content, line: Int, textLine: Int? = nil) {
        (self.content, self.line, self.textLine) = (content, line, textLine ?? line)
    }

    /// nil unless it is a text (a number or `true` is one here as well).
    var text: String? {
        if case .text(let text) = content { return text }
        return nil
    }
}

/// Reads a small YAML file that somebody else may have written. Anchors and aliases are refused, because a few of them
/// stand for gigabytes; so is whatever is longer or nested deeper than the caller expects.
enum StrictYAML {
    /// Stands in for `&` while the file is parsed: so no anchor can be defined, and every alias is an undefined one.
    private static let ampersand: Unicode.Scalar = "\u{E000}"
    private static let nullTexts: Set<String> = ["", "~", "null", "Null", "NULL"]

    /// - Parameter source: how messages name the file.
    /// - Throws: `Failure(.usage)` with the line.
    static func read(_ bytes: [UInt8], source: String, maxBytes: Int, maxDepth: Int) throws(Failure) -> YAMLValue {
        guard bytes.count <= maxBytes else {
            throw Failure(.usage, "\(source) has \(bytes.count) bytes; expected at most \(ByteSize.text(maxBytes))")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.usage, "\(source) is not UTF-8")
        }
        guard !text.unicodeScalars.contains(ampersand) else {
            throw Failure(.usage, "\(source) contains the private character U+E000")
        }
        let guarded = replacing("&", with: ampersand, in: text)
        do {
            // Without the default resolver: types are for the caller to decide.
            guard let root = try Parser(yaml: guarded, resolver: .basic).singleRoot() else {
                throw Failure(.usage, "\(source) is empty")
            }
            return try value(root, source: source, depth: maxDepth)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.usage, "\(source): \(reason(error))")
        }
    }

    private static func value(_ node: Node, source: String, depth: Int) throws(Failure) -> YAMLValue {
        let line = node.mark?.line ?? 0
        guard depth >= 0 else { throw Failure(.usage, "\(source): line \(line): nested too deep") }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            if isPlain, scalar.string.unicodeScalars.first == ampersand {
                throw Failure(.usage, "\(source): line \(line): anchors (&) are not allowed")
            }
            if isPlain, nullTexts.contains(scalar.string) { return YAMLValue(.null, line: line) }
            let isBlock = scalar.style == .literal || scalar.style == .folded
            return YAMLValue(
                .text(replacing(ampersand, with: "&", in: scalar.string)), line: line,
                textLine: isBlock ? line + 1 : line)
        case .sequence(let sequence):
            var items: [YAMLValue] = []
            for item in sequence { items.append(try value(item, source: source, depth: depth - 1)) }
            return YAMLValue(.list(items), line: line)
        case .mapping(let mapping):
            var pairs: [(key: YAMLValue, value: YAMLValue)] = []
            for pair in mapping {
                pairs.append(
                    (
                        try value(pair.key, source: source, depth: depth - 1),
                        try value(pair.value, source: source, depth: depth - 1)
                    ))
            }
            return YAMLValue(.map(pairs), line: line)
        case .alias: throw Failure(.usage, "\(source): line \(line): aliases (*) are not allowed")
        }
    }

    private static func replacing(_ old: Unicode.Scalar, with new: Unicode.Scalar, in text: String) -> String {
        guard text.unicodeScalars.contains(old) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar == old ? new : scalar) }
        return String(scalars)
    }

    /// Never the file's own text, which a message of Yams quotes.
    private static func reason(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?:
            "line \(mark.line): \(problem)"
        case .composer(_, let problem, let mark, _)?:
            problem == "found undefined alias"
                ? "line \(mark.line): aliases (*) are not allowed" : "line \(mark.line): \(problem)"
        case .duplicatedKeysInMapping(let keys, let context)?:
            "line \(context.mark.line): the key '\(printable(keys.first ?? "", limit: 40))' is there twice"
        case .reader(let problem, let offset?, _, let yaml)?:
            "line \(yaml.prefix(offset).count(where: \.isNewline) + 1): \(problem)"
        default: "not YAML"
        }
    }
}
