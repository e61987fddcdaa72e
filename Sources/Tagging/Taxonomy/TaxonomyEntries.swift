package import Support

/// A tag as some source spells it.
package struct TaxonomyEntry: Sendable, Equatable {
    package var name: String?
    package var description: String?

    package init(name: String?, description: String?) { (self.name, self.description) = (name, description) }
}

/// What became of the entries that a taxonomy was made from.
package struct TaxonomyCounts: Sendable, Equatable, Codable {
    package var entries = 0
    /// Skipped: the name, or the description, is null, empty or white space.
    package var withoutName = 0
    package var withoutDescription = 0
    /// Skipped: the description lacks the marker, so the tag is for something else.
    package var withoutMarker = 0
    /// Entries whose name an earlier entry had.
    package var merged = 0
    /// Tags in the taxonomy.
    package var tags = 0

    package init() {}
}

/// The word in a description by which a Braintrust project tag says that it is meant for tagging.
package enum TaxonomyMarker {
    package static let text = "dataset-tagging"

    /// The description without the marker, wherever and however often it is written in any letter case, and without the
    /// brackets or separators that set it apart; nil when the marker is not there.
    static func removed(from description: String) -> String? {
        let marker = Array(text.utf8)
        let bytes = Array(description.utf8)
        var kept: [UInt8] = []
        var next = 0
        var found = false
        while next < bytes.count {
            // A byte of ASCII is never a part of another scalar.
            if bytes[next...].prefix(marker.count).elementsEqual(marker, by: { lowercased($0) == $1 }) {
                found = true
                next += marker.count
                if let open = kept.last, let close = closings[open], next < bytes.count, bytes[next] == close {
                    kept.removeLast()
                    next += 1
                } else if kept.last == UInt8(ascii: "#") {
                    kept.removeLast()
                }
            } else {
                kept.append(bytes[next])
                next += 1
            }
        }
        guard found else { return nil }
        return trimmedScalars(String(decoding: kept, as: UTF8.self)) {
            $0.properties.isWhitespace || ":;,|-–—".unicodeScalars.contains($0)
        }
    }

    private static let closings = [
        UInt8(ascii: "["): UInt8(ascii: "]"), UInt8(ascii: "("): UInt8(ascii: ")"),
        UInt8(ascii: "{"): UInt8(ascii: "}"),
        UInt8(ascii: "<"): UInt8(ascii: ">"),
    ]

    private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}

extension Taxonomy {
    /// Of the entries whose description has the marker. Throws `Taxonomy.empty`, or all that is wrong as `Failure(.usage)`.
    /// - Parameter project: the id or name of the project in Braintrust that has them.
    package static func marked(
        _ entries: [TaxonomyEntry], project: String
    ) throws(Failure) -> (Taxonomy, TaxonomyCounts) {
        try make(entries, source: "Braintrust's project \(printable(project, limit: 100))", needsMarker: true)
    }

    /// Of all entries. Throws as `marked` does.
    package static func all(_ entries: [TaxonomyEntry], source: String) throws(Failure) -> (Taxonomy, TaxonomyCounts) {
        try make(entries, source: source, needsMarker: false)
    }

    private static func make(_ entries: [TaxonomyEntry], source: String, needsMarker: Bool) throws(Failure) -> (
        Taxonomy, TaxonomyCounts
    ) {
        var counts = TaxonomyCounts()
        var descriptions: [ExactText: [String]] = [:]
        for entry in entries {
            counts.entries += 1
            let name = trimmedScalars(entry.name ?? "")
            var description = trimmedScalars(entry.description ?? "")
            if name.isEmpty {
                counts.withoutName += 1
                continue
            }
            if description.isEmpty {
                counts.withoutDescription += 1
                continue
            }
            if needsMarker {
                guard let rest = TaxonomyMarker.removed(from: description) else {
                    counts.withoutMarker += 1
                    continue
                }
                description = rest.isEmpty ? name : rest
            }
            descriptions[ExactText(name), default: []].append(description)
        }
        counts.merged = descriptions.values.reduce(0) { $0 + $1.count - 1 }
        counts.tags = descriptions.count
        if descriptions.isEmpty { throw empty(source) }
        let tags = descriptions.map { TaxonomyTag(name: $0.key.text, description: joined($0.value)) }
        try check(tags, source: source)
        return (Taxonomy(unique: tags), counts)
    }

    /// Each once, ordered by scalars, so that the order in which a service lists its tags changes nothing.
    private static func joined(_ descriptions: [String]) -> String {
        Set(descriptions.map(ExactText.init)).map(\.text)
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .joined(separator: "; ")
    }

    private static func check(_ tags: [TaxonomyTag], source: String) throws(Failure) {
        var problems: [String] = []
        if tags.count > Limits.tags { problems.append("\(tags.count) tags; expected at most \(Limits.tags)") }
        for tag in tags.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            let shown = printable(tag.name, limit: 40)
            if tag.name.utf8.count > Limits.name {
                problems.append("the name '\(shown)' has \(tag.name.utf8.count) bytes; expected at most \(Limits.name)")
            }
            if tag.description.utf8.count > Limits.description {
                let size = tag.description.utf8.count
                problems.append(
                    "the description of '\(shown)' has \(size) bytes; expected at most \(Limits.description)")
            }
        }
        try Problems.fail(problems, in: source)
    }
}
