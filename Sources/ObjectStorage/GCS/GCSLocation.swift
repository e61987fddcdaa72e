package import HTTP
package import Support

/// `gs://bucket/prefix`.
package struct GCSLocation: Sendable, Equatable, CustomStringConvertible {
    package let bucket: String
    /// Empty, or with a slash at its end: what every name of the store begins with in the bucket.
    package let prefix: String

    package init(_ url: String) throws(Failure) {
        let wrong = Failure(
            .usage, "“\(printable(url))” is not a place in Cloud Storage",
            remedy: "expected gs://BUCKET or gs://BUCKET/PREFIX")
        guard url.hasPrefix("gs://") else { throw wrong }
        let rest = url.dropFirst("gs://".count)
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        bucket = String(rest[..<end])
        var path = String(rest[end...].drop { $0 == "/" })
        while path.hasSuffix("/") { path.removeLast() }
        guard (3...222).contains(bucket.utf8.count), bucket.utf8.allSatisfy(GCSLocation.isBucketCharacter) else {
            throw wrong
        }
        if !path.isEmpty {
            do throws(Failure) { try checkName(path, in: url) } catch { throw wrong }
        }
        prefix = path.isEmpty ? "" : path + "/"
    }

    package var description: String { "gs://\(bucket)" + (prefix.isEmpty ? "" : "/" + prefix.dropLast()) }

    /// An object for messages.
    func url(of name: String) -> String { "gs://\(bucket)/\(prefix)\(name)" }

    private static func isBucketCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }
}

/// Who answers Cloud Storage's JSON API.
package enum GCSEndpoint: Sendable, Equatable {
    case google
    /// A stand-in at this origin. It may name upload sessions by other hosts, for example its own within a container.
    case emulator(HTTPURL)

    /// - Parameter host: as `STORAGE_EMULATOR_HOST` has it: with a scheme, or only `host:port`.
    package init(emulatorHost host: String) throws(Failure) {
        guard let url = HTTPURL(host.contains("://") ? host : "http://\(host)") else {
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
