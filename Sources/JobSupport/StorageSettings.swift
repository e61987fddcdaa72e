import ObjectStorage
package import Support

/// The settings of the store, the same for every command.
package enum StorageSettings {
    package static let url = Setting(
        "storage-url", .text("URL"),
        help:
            "Where the objects are: gs://BUCKET/PREFIX or file:///DIRECTORY. This or --gcs-bucket-name is required."
    )
    package static let bucket = Setting(
        "gcs-bucket-name", .text("BUCKET"), help: "The older name of the same: BUCKET stands for gs://BUCKET.")
    static let headers = Setting(
        "storage-headers", .text("'NAME: VALUE,…'"), secret: true, repeatable: true,
        help: "Headers that are sent with every request to Cloud Storage, such as x-goog-user-project.")
    static let emulator = Setting(
        "storage-emulator-host", .text("HOST:PORT"),
        help: "A Cloud Storage emulator, also as http://HOST:PORT; no credentials are sent to it.")
    package static let credentials = Setting(
        "google-application-credentials", .text("FILE"),
        help: "A Google credentials file. Without it gcloud's own file, then the metadata server is asked.")
    static let concurrency = Setting(
        "storage-concurrency", .integer(1...64), .standard("4"), help: "Requests to the store at the same time.")
    static let retryDeadline = Setting(
        "storage-retry-deadline", .duration(.zero ... .seconds(86_400)), .standard("5m"),
        help: "How long a request to the store is tried again before the run fails.")

    package static let group = SettingsTable.Group("Storage", [url, bucket] + connection)

    /// For commands that say otherwise where the objects are.
    package static let connection = [headers, emulator, credentials, concurrency, retryDeadline]

    package static func read(_ reader: inout SettingsReader) -> StorageConfiguration {
        read(&reader, place(&reader))
    }

    package static func read(_ reader: inout SettingsReader, _ place: StoragePlace) -> StorageConfiguration {
        StorageConfiguration(
            location: place.location, namedBy: place.setting.bothNames, headers: headers(&reader),
            // Clients of other languages write the variable with and without a scheme.
            emulator: reader.optionalValue(emulator, expected: "HOST:PORT or http://HOST:PORT") {
                try? GCSEndpoint(emulatorHost: $0)
            },
            credentialsPath: reader.optionalText(credentials), concurrency: reader.integer(concurrency),
            retryDeadline: reader.duration(retryDeadline))
    }

    package static func place(_ reader: inout SettingsReader) -> StoragePlace {
        StoragePlace(location(&reader), by: reader.isGiven(bucket) ? bucket : url)
    }

    private static func location(_ reader: inout SettingsReader) -> StorageLocation {
        let standIn = StorageLocation.directory(path: "/")
        switch (reader.isGiven(url), reader.isGiven(bucket)) {
        case (true, true):
            reader.report("\(url.bothNames) and \(bucket.bothNames) say the same thing; expected one of them")
            return standIn
        case (false, false):
            reader.report("\(url.bothNames) is required: gs://BUCKET/PREFIX or file:///DIRECTORY")
            return standIn
        case (true, false):
            return reader.optionalValue(
                url, expected: StorageLocation.expectation, StorageLocation.init(url:)) ?? standIn
        case (false, true):
            let expected = "the name of a bucket, 3 to 63 characters, without gs://"
            return reader.optionalValue(bucket, expected: expected) { name in
                guard let place = try? GCSLocation("gs://\(name)"), place.bucket == name else { return nil }
                return .bucket(place)
            } ?? standIn
        }
    }

    private static func headers(_ reader: inout SettingsReader) -> [StorageConfiguration.Header] {
        let lines = reader.list(headers)
        let parsed = lines.compactMap(StorageConfiguration.Header.init(line:))
        if parsed.count < lines.count {
            reader.reject(headers, expected: "'Name: value' with visible ASCII characters")
        }
        return parsed
    }
}
