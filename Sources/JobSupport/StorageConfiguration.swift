package import ObjectStorage
package import Support

/// Where objects are kept.
package enum StorageLocation: Sendable, Equatable {
    case bucket(GCSLocation)
    /// `file:///directory`: an absolute path.
    case directory(path: String)

    package var url: String {
        switch self {
        case .bucket(let place): place.description
        case .directory(let path): "file://\(path.split(separator: "/").map { "/" + $0 }.joined())"
        }
    }

    /// What a URL has to be, for messages.
    package static let expectation =
        "gs://BUCKET/PREFIX, with a BUCKET of 3 to 63 characters, or file:///DIRECTORY, without .. and %"

    /// nil when it is neither form, or holds what no bucket or object name may. A directory is taken as it is written: one
    /// that leads upwards or looks encoded may be meant otherwise.
    package init?(url: String) {
        if url.hasPrefix("file:///") {
            let path = url.dropFirst("file://".count)
            let isPlain = path.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0 != "%" }
            guard isPlain, path.split(separator: "/").allSatisfy({ $0 != "." && $0 != ".." }) else { return nil }
            self = .directory(path: String(path))
        } else {
            guard let place = try? GCSLocation(url) else { return nil }
            self = .bucket(place)
        }
    }
}

/// A location that was given, and the setting that did.
package struct StoragePlace: Sendable {
    package var location: StorageLocation
    package var setting: Setting

    package init(_ location: StorageLocation, by setting: Setting) {
        (self.location, self.setting) = (location, setting)
    }
}

/// How to reach the store.
package struct StorageConfiguration: Sendable, Equatable {
    /// One request header. Its description leaves out the value, which may be a key.
    package struct Header: Sendable, Equatable, CustomStringConvertible {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }

        /// From `Name: value`; nil when either holds what a header may not (RFC 9110, section 5).
        init?(line: String) {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon].utf8
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            let marks = Set("!#$%&'*+-.^_`|~".utf8)
            let isToken = name.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: marks.contains(byte)
                }
            }
            guard !name.isEmpty, isToken, value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return nil }
            self.init(String(line[..<colon]), String(value))
        }

        package var description: String { "\(name): …" }
    }

    package var location: StorageLocation
    /// What has to be corrected if it is another one: `--storage-url (STORAGE_URL)`.
    package var namedBy: String
    /// Sent with every request to the store.
    package var headers: [Header]
    /// To which no credentials are sent; nil: Google itself.
    package var emulator: GCSEndpoint?
    /// The file of `GOOGLE_APPLICATION_CREDENTIALS`; nil: look in the usual places.
    package var credentialsPath: String?
    /// Requests at once.
    package var concurrency: Int
    /// How long a request is tried again.
    package var retryDeadline: Duration

    package init(
        location: StorageLocation, namedBy: String = "its name", headers: [Header] = [], emulator: GCSEndpoint? = nil,
        credentialsPath: String? = nil, concurrency: Int = 4, retryDeadline: Duration = .seconds(300)
    ) {
        (self.location, self.namedBy, self.headers, self.emulator) = (location, namedBy, headers, emulator)
        (self.credentialsPath, self.concurrency, self.retryDeadline) = (credentialsPath, concurrency, retryDeadline)
    }

    /// Another place that is reached in the same way.
    package func at(_ place: StoragePlace) -> StorageConfiguration {
        var other = self
        (other.location, other.namedBy) = (place.location, place.setting.bothNames)
        return other
    }

    /// For a command that only means something where something is stored: a directory is not made for it. Of a bucket the first
    /// call tells.
    /// - Throws: `Failure(.noInput)` when the directory does not exist.
    package func requireThere() throws(Failure) {
        guard case .directory(let path) = location, !FileStore.isThere(path: path) else { return }
        throw Failure(
            .noInput, "\(location.url) does not exist", remedy: "check \(namedBy): nothing was ever stored there")
    }
}
