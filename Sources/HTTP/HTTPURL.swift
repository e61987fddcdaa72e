/// The parts of an absolute `http` or `https` URL that a client decides by.
package struct HTTPURL: Sendable, Equatable {
    /// Lower case: `http` or `https`.
    package var scheme: String
    /// Lower case, without brackets.
    package var host: String
    package var port: Int?
    /// Path and query, beginning with `/`.
    package var target: String

    /// nil when it is not an absolute `http` or `https` URL, or names a user.
    package init?(_ text: String) {
        guard let separator = text.range(ofText: "://") else { return nil }
        scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let authority = rest[..<end]
        let tail = String(rest[end...])
        target = tail.hasPrefix("/") ? tail : "/" + tail
        guard !authority.contains("@"), !authority.contains("\\") else { return nil }
        guard let (name, number) = HTTPURL.split(authority), !name.isEmpty else { return nil }
        host = name.lowercased()
        port = number
    }

    /// `scheme://host:port`, without a path.
    package var origin: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(bracketed)" + (port.map { ":\($0)" } ?? "")
    }

    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        return host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2E || isDigit($0) }
    }

    /// Whether both go to the same server.
    package func hasSameOrigin(as other: HTTPURL) -> Bool {
        scheme == other.scheme && host == other.host && effectivePort == other.effectivePort
    }

    private var effectivePort: Int { port ?? (scheme == "https" ? 443 : 80) }

    private static func split(_ authority: Substring) -> (name: Substring, port: Int?)? {
        let nameEnd: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            nameEnd = authority.index(after: bracket)
        } else {
            nameEnd = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        let name = authority.hasPrefix("[") ? authority[..<nameEnd].dropFirst().dropLast() : authority[..<nameEnd]
        let tail = authority[nameEnd...]
        if tail.isEmpty { return (name, nil) }
        guard tail.hasPrefix(":"), tail.utf8.dropFirst().allSatisfy(isDigit), let port = Int(tail.dropFirst()),
            (1...65_535).contains(port)
        else { return nil }
        return (name, port)
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters, so the result fits into a path segment, a query and a
/// form alike.
package func percentEncoded(_ text: String) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
        if isUnreserved(byte) {
            result.append(byte)
        } else {
            result += [UInt8(ascii: "%"), hexDigit(byte >> 4), hexDigit(byte & 15)]
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// `name=value&…`, percent-encoded: a query, or a body of `application/x-www-form-urlencoded`.
package func formEncoded(_ pairs: [(String, String)]) -> String {
    pairs.map { percentEncoded($0.0) + "=" + percentEncoded($0.1) }.joined(separator: "&")
}

private func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }

extension StringProtocol {
    /// The first occurrence of a text, by its UTF-8.
    func range(ofText text: String) -> Range<Index>? {
        let wanted = Array(text.utf8)
        var start = utf8.startIndex
        while start < utf8.endIndex {
            let rest = utf8[start...]
            if rest.starts(with: wanted) { return start..<utf8.index(start, offsetBy: wanted.count) }
            start = utf8.index(after: start)
        }
        return nil
    }
}
