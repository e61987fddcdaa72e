/// Where objects are kept.
package enum StorageLocation: Sendable, Equatable {
    /// `gs://bucket/prefix`; the prefix is empty or ends with `/`.
    case bucket(name: String, prefix: String)
    /// `file:///directory`: an absolute path.
    case directory(path: String)

    /// nil when it is neither form, or holds what no bucket or object name may.
    package init?(url: String) {
        guard !url.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return nil }
        if url.hasPrefix("file:///") {
            self = .directory(path: String(url.dropFirst("file://".count)))
        } else if url.hasPrefix("gs://") {
            let parts = url.dropFirst("gs://".count).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.map(String.init), StorageLocation.isBucketName(name) else { return nil }
            let folders = parts.count == 2 ? parts[1].split(separator: "/") : []
            guard folders.allSatisfy({ $0 != "." && $0 != ".." }) else { return nil }
            self = .bucket(name: name, prefix: folders.map { $0 + "/" }.joined())
        } else {
            return nil
        }
    }

    /// https://cloud.google.com/storage/docs/buckets#naming, without what only the service can know.
    static func isBucketName(_ name: String) -> Bool {
        func isOuter(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let bytes = Array(name.utf8)
        guard (3...222).contains(bytes.count), isOuter(bytes[0]), isOuter(bytes[bytes.count - 1]) else { return false }
        return bytes.allSatisfy {
            isOuter($0) || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains($0)
        }
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
    /// Sent with every request to the store.
    package var headers: [Header]
    /// `http://127.0.0.1:4443`, without a slash at the end: an emulator, to which no credentials are sent.
    package var emulatorURL: String?
    /// The file of `GOOGLE_APPLICATION_CREDENTIALS`; nil: look in the usual places.
    package var credentialsPath: String?
    /// Requests at once.
    package var concurrency: Int
    /// How long a request is tried again.
    package var retryDeadline: Duration

    package init(
        location: StorageLocation, headers: [Header] = [], emulatorURL: String? = nil, credentialsPath: String? = nil,
        concurrency: Int = 4, retryDeadline: Duration = .seconds(300)
    ) {
        (self.location, self.headers, self.emulatorURL) = (location, headers, emulatorURL)
        (self.credentialsPath, self.concurrency, self.retryDeadline) = (credentialsPath, concurrency, retryDeadline)
    }
}
