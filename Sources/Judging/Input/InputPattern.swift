package import JobSupport
package import Interactions
package import ObjectStorage
internal import Support

/// Which stored files are judged, as a pattern of their names: `gs://bucket/raw/*/2026-11-20/*.jsonl.gz`. `*` stands for any
/// characters but `/`.
package struct InputPattern: Sendable, Equatable, CustomStringConvertible {
    /// Where the files begin that the loader, or its tagging, wrote.
    package enum Root: String, Sendable { case raw, tagged }

    package let description: String
    package let location: StorageLocation
    package let root: Root
    /// Of names in the store, from `raw/` or `tagged/` on.
    let pattern: String

    package static let expectation =
        "gs://BUCKET/…/raw/TOPIC/DATE/*.jsonl.gz, or tagged/ instead of raw/, or file:///… for gs://…; * is any text but /"

    /// nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let start = parts.lastIndex(where: { Root(rawValue: String($0)) != nil }), start >= 3,
            let root = Root(rawValue: String(parts[start])), parts.count - start >= 4,
            !parts[..<start].contains(where: { $0.contains("*") }), parts.last?.isEmpty == false
        else { return nil }
        var place = parts[..<start].joined(separator: "/")
        if place == "file://" { place += "/" }
        guard let location = StorageLocation(url: place) else { return nil }
        (description, self.location, self.root) = (text, location, root)
        pattern = parts[start...].joined(separator: "/")
    }

    func matches(_ name: String) -> Bool {
        Self.matches(Array(pattern.utf8)[...], Array(name.utf8)[...])
    }

    /// The objects that it matches. Folders are listed level by level, so that what is in others is not: below `raw/` there are
    /// all days of all topics.
    func objects(in store: any ObjectStore) async throws(Failure) -> [ObjectInfo] {
        let levels = pattern.split(separator: "/", omittingEmptySubsequences: false)
        var folders = [""]
        for level in levels.dropLast() {
            guard level.contains("*") else {
                folders = folders.map { "\($0)\(level)/" }
                continue
            }
            var found: [String] = []
            for folder in folders {
                let listing = try await store.list(prefix: folder + Self.certain(level), from: nil, delimiter: "/")
                found += listing.prefixes.filter { name in
                    Self.matches(Array("\(folder)\(level)/".utf8)[...], Array(name.utf8)[...])
                }
            }
            folders = found
        }
        var objects: [ObjectInfo] = []
        for folder in folders {
            let prefix = folder + Self.certain(levels.last ?? "")
            objects += try await store.list(prefix: prefix, from: nil, delimiter: "/").objects
        }
        return objects.filter { matches($0.name) }
    }

    /// The part before the first star.
    private static func certain(_ level: Substring) -> String { String(level.prefix { $0 != "*" }) }

    /// Each `*` takes as little as it can, and more when what follows does not fit: linear but for the last star's retries.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        let star = UInt8(ascii: "*")
        var (place, next) = (pattern.startIndex, name.startIndex)
        var retry: (pattern: Int, name: Int)?
        while next < name.endIndex {
            if place < pattern.endIndex, pattern[place] == star {
                retry = (place + 1, next)
                place += 1
            } else if place < pattern.endIndex, pattern[place] == name[next] {
                place += 1
                next += 1
            } else if let last = retry, name[last.name] != UInt8(ascii: "/") {
                retry = (last.pattern, last.name + 1)
                (place, next) = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == star }
    }

    /// The topics and dates of names that it matches, in order.
    /// - Parameter layout: how folders are named.
    package func days(_ objects: [ObjectInfo], _ layout: PartitionLayout) -> [(topic: String, date: String)] {
        var days: Set<[String]> = []
        for object in objects {
            guard let topic = topic(of: object.name) else { continue }
            let names = ObjectNames(topic: topic, layout: layout)
            guard let file = names.parse(file: rawName(object.name)) else { continue }
            days.insert([topic, file.hour.date])
        }
        return days.sorted { $0.lexicographicallyPrecedes($1) }.map { (topic: $0[0], date: $0[1]) }
    }

    /// A name below `tagged/` is that of its raw file, but for the root.
    package func rawName(_ name: String) -> String {
        root == .raw ? name : "raw/" + name.dropFirst("tagged/".count)
    }

    private func topic(of name: String) -> String? {
        let parts = name.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
    }
}
