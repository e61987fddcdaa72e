package import Support
internal import YAML

extension Taxonomy {
    package enum FileLimits {
        /// Of the file; the largest taxonomy takes half of it.
        package static let bytes = 4 << 20
    }

    /// Of a YAML file: `tags:` with a list of `name` and `description`, or with a mapping from name to description, or
    /// such a mapping alone.
    /// - Parameter source: how messages name the file.
    /// - Throws: `Taxonomy.empty`, or all that is wrong, with line numbers, as `Failure(.usage)`.
    package static func file(_ bytes: [UInt8], source: String) throws(Failure) -> (Taxonomy, TaxonomyCounts) {
        let root = try StrictYAML.read(bytes, source: source, maxBytes: FileLimits.bytes, maxDepth: 4)
        var reader = TaxonomyFileReader()
        reader.read(root)
        try Problems.fail(reader.problems, in: source)
        return try all(reader.entries, source: source)
    }
}

private struct TaxonomyFileReader {
    var entries: [TaxonomyEntry] = []
    var problems: [String] = []

    mutating func read(_ root: YAMLValue) {
        switch root.content {
        case .null: return
        case .map(let members):
            guard let tags = members.first(where: { $0.key.text == "tags" && $0.value.text == nil }) else {
                return readMapping(members)
            }
            for (key, _) in members where key.text != "tags" {
                problem(key, "unknown key '\(printable(key.text ?? "", limit: 40))'; expected only 'tags'")
            }
            switch tags.value.content {
            case .list(let items): for item in items { readItem(item) }
            case .map(let members): readMapping(members)
            case .null, .text: return
            }
        case .list, .text:
            problem(root, "expected 'tags:' with a list of tags, or a mapping from names to descriptions")
        }
    }

    private mutating func readMapping(_ members: [(key: YAMLValue, value: YAMLValue)]) {
        for (key, value) in members { add(name: key, description: value, at: key) }
    }

    private mutating func readItem(_ item: YAMLValue) {
        guard case .map(let members) = item.content else {
            return problem(item, "expected a tag with 'name' and 'description'")
        }
        var name: YAMLValue?
        var description: YAMLValue?
        for (key, value) in members {
            switch key.text {
            case "name": name = value
            case "description": description = value
            default:
                let shown = printable(key.text ?? "", limit: 40)
                problem(key, "unknown key '\(shown)'; expected 'name' and 'description'")
            }
        }
        add(name: name, description: description, at: item)
    }

    private mutating func add(name: YAMLValue?, description: YAMLValue?, at place: YAMLValue) {
        let name = required("name", name, at: place)
        let description = required("description", description, at: place)
        if let name, let description { entries.append(TaxonomyEntry(name: name, description: description)) }
    }

    private mutating func required(_ what: String, _ value: YAMLValue?, at place: YAMLValue) -> String? {
        if let text = value?.text, !trimmedScalars(text).isEmpty { return text }
        problem(value ?? place, "the tag's \(what) is \(value == nil ? "missing" : "not a text"); expected a text")
        return nil
    }

    private mutating func problem(_ place: YAMLValue, _ text: String) { problems.append("line \(place.line): \(text)") }
}
