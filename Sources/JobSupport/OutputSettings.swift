import ObjectStorage
package import Support

/// The settings that say where the judge's work and verdicts are, for who writes and for who reads them.
package enum OutputSettings {
    package static let bucket = Setting(
        "output-bucket", .text("BUCKET"),
        help: "Where jobs and verdicts go, if not into the store: BUCKET or a URL. Vertex AI reads and writes it.")
    package static let prefix = Setting(
        "gcs-output-prefix", .text("PREFIX"), help: "A folder there, below which judge/ and judged/ are.")

    /// A bucket's name, or a URL.
    package static func place(_ setting: Setting, _ reader: inout SettingsReader) -> StorageLocation? {
        reader.optionalValue(setting, expected: "the name of a bucket, or \(StorageLocation.expectation)") { text in
            StorageLocation(url: text.contains("://") ? text : "gs://\(text)")
        }
    }

    /// The place below another one that the prefix names; the place itself without a prefix, or when it is wrong, which the
    /// reader then knows.
    package static func below(_ location: StorageLocation, _ reader: inout SettingsReader) -> StorageLocation {
        guard let prefix = reader.optionalText(prefix) else { return location }
        let folder = prefix.split(separator: "/").joined(separator: "/")
        // It may also be a whole URL.
        let url = prefix.contains("://") ? prefix : "\(location.url)/\(folder)"
        if let found = StorageLocation(url: url) { return found }
        reader.reject(self.prefix, expected: "a folder such as security, without .. and %")
        return location
    }
}
