import ObjectStorage
package import Support

/// The settings that say where the judge's work and verdicts are, for who writes and for who reads them.
package enum OutputSettings {
    package static let bucket = Setting(
        "output-bucket", .text("BUCKET"),
        help: "Where jobs and verdicts go, if not into the store: BUCKET or a URL. Vertex AI reads and writes it.")
    package static let prefix = Setting(
        "gcs-output-prefix", .text("PREFIX"),
        help: "A folder of its own there, below which judge/ and judged/ are.")
    /// The first folders of every store, for other things; see docs/design.md, "Object layout". Those that begin with `_` are
    /// taken as well.
    private static let taken = [
        "raw", "dead-letter", "tagged", "retagged", "judge", "judged", "datasets",
    ]

    /// A bucket's name, or a URL.
    package static func place(_ setting: Setting, _ reader: inout SettingsReader) -> StoragePlace? {
        reader.optionalValue(setting, expected: "the name of a bucket, or \(StorageLocation.expectation)") { text in
            StorageLocation(url: text.contains("://") ? text : "gs://\(text)").map { StoragePlace($0, by: setting) }
        }
    }

    /// The place below another one that the prefix names; the place itself without a prefix, or when it is wrong, which the
    /// reader then knows.
    /// - Parameter store: of the loader's files, in whose folders the place must not be either.
    package static func below(
        _ place: StoragePlace, besides store: StorageLocation, _ reader: inout SettingsReader
    ) -> StoragePlace {
        guard let prefix = reader.optionalText(prefix) else { return place }
        let folder = prefix.split(separator: "/").joined(separator: "/")
        // It may also be a whole URL.
        let isURL = prefix.contains("://")
        let url = isURL ? prefix : "\(place.location.url)/\(folder)"
        guard let found = StorageLocation(url: url) else {
            reader.reject(self.prefix, expected: "a folder such as security, without .. and %")
            return place
        }
        if [place.location, store].contains(where: { isTaken(found, in: $0) }) {
            reader.reject(
                self.prefix,
                expected: "a folder of its own such as security, not in \(taken.joined(separator: ", ")) or one that "
                    + "begins with _")
        }
        return StoragePlace(found, by: isURL ? self.prefix : place.setting)
    }

    /// Whether a place is in a folder of a store that is for something else.
    private static func isTaken(_ place: StorageLocation, in store: StorageLocation) -> Bool {
        let root = store.url.hasSuffix("/") ? store.url : store.url + "/"
        guard place.url.hasPrefix(root), let first = place.url.dropFirst(root.count).split(separator: "/").first else {
            return false
        }
        return first.hasPrefix("_") || taken.contains(String(first))
    }
}
