package import HTTP
package import Support

/// `gs://bucket/prefix`.
package struct GCSLocation: Sendable, Equatable, CustomStringConvertible {
    package let bucket: String
    /// Empty, or with a slash at its end: what every name of the store begins with in the bucket.
    package let prefix: String

    /// Slashes that name nothing are left out.
    package init(_ url: String) throws(Failure) {
        let wrong = Failure(
            .usage, "“\(printable(url))” is not a place in Cloud Storage",
            remedy: "expected gs://BUCKET or gs://BUCKET/PREFIX, with a BUCKET of 3 to 63 characters")
        guard url.hasPrefix("gs://") else { throw wrong }
        let parts = url.dropFirst("gs://".count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = parts.first.map(String.init) ?? ""
        let path = parts.dropFirst().joined().split(separator: "/").joined(separator: "/")
        guard GCSLocation.isBucketName(bucket) else { throw wrong }
        if !path.isEmpty {
            do throws(Failure) { try checkName(path, in: url) } catch { throw wrong }
        }
        prefix = path.isEmpty ? "" : path + "/"
    }

    package var description: String { "gs://\(bucket)" + (prefix.isEmpty ? "" : "/" + prefix.dropLast()) }

    /// An object for messages.
    func url(of name: String) -> String { "gs://\(bucket)/\(prefix)\(name)" }

    /// https://cloud.google.com/storage/docs/buckets#naming, without what only the service can know.
    private static func isBucketName(_ name: String) -> Bool {
        func isOuter(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) }
        let bytes = Array(name.utf8)
        guard (3...222).contains(bytes.count), isOuter(bytes[0]), isOuter(bytes[bytes.count - 1]) else { return false }
        return bytes.allSatisfy { isOuter($0) || [0x2D, 0x2E, 0x5F].contains($0) }
            && bytes.split(separator: 0x2E).allSatisfy { $0.count <= 63 }
    }
}

/// Who answers Cloud Storage's JSON API.
package enum GCSEndpoint: Sendable, Equatable {
    case google
    /// A stand-in at this origin. It may name upload sessions by other hosts, for example its own within a container.
    case emulator(HTTPURL)

    /// - Parameter host: as `STORAGE_EMULATOR_HOST` has it: with a scheme, or only `host:port`.
    package init(emulatorHost host: String) throws(Failure) {
        guard let url = HTTPURL(host.contains("://") ? host : "http://\(host)"), url.target == "/" else {
            throw Failure(
                .usage, "“\(printable(redacted(url: host)))” is not an emulator's address",
                remedy: "expected STORAGE_EMULATOR_HOST=http://HOST:PORT")
        }
        self = .emulator(url)
    }

    /// `scheme://host:port`.
    var origin: String {
        switch self {
        case .google: "https://storage.googleapis.com"
        case .emulator(let url): url.origin
        }
    }

    /// Where a session URI that the server gave is to be reached; nil when it leads to another server.
    func session(_ location: String) -> String? {
        guard let url = HTTPURL(location) else { return nil }
        switch self {
        case .google: return HTTPURL(origin)?.hasSameOrigin(as: url) == true ? location : nil
        case .emulator: return origin + url.target
        }
    }
}
