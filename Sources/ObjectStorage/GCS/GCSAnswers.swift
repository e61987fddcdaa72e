internal import HTTP
internal import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An object resource. Its 64-bit numbers are JSON strings.
struct GCSObject: Decodable {
    var name: String
    var size: String
    var generation: String
    var crc32c: String?

    /// nil when a number is none, or the name does not begin with the store's prefix.
    func info(under prefix: String) -> ObjectInfo? {
        guard let size = Int64(size), size >= 0, let generation = Int64(generation),
            name.utf8.starts(with: prefix.utf8)
        else { return nil }
        return ObjectInfo(
            name: String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self), size: size,
            generation: generation, crc32c: crc32c.flatMap { parseCRC32C(base64: $0) })
    }
}

/// One page of a listing. It may be empty and yet have a successor.
struct GCSPage: Decodable {
    var items: [GCSObject]?
    var prefixes: [String]?
    var nextPageToken: String?
}

extension GoogleProblem {
    /// 403 is also how some quotas answer.
    var isRateLimit: Bool { reasons.contains("rateLimitExceeded") || reasons.contains("userRateLimitExceeded") }

    var saysChecksum: Bool {
        let text = message.lowercased()
        return text.contains("crc32c") || text.contains("checksum") || text.contains("md5")
    }

    var saysBucket: Bool { message.lowercased().contains("bucket does not exist") }
}

extension HTTPResponse {
    func decoded<Value: Decodable>(_ type: Value.Type) -> Value? {
        try? JSONDecoder().decode(type, from: Data(body))
    }

    /// The checksum of the bytes as stored; a header may hold `crc32c=…,md5=…`, or come once for each.
    var storedCRC32C: UInt32? {
        for value in headers.all("x-goog-hash").flatMap({ $0.split(separator: ",") }) {
            let text = value.drop { $0 == " " }
            if text.hasPrefix("crc32c=") { return parseCRC32C(base64: String(text.dropFirst("crc32c=".count))) }
        }
        return nil
    }

    /// Whether the server changed the encoding on the way out, so that size, checksum and ranges are not those stored.
    var isTranscoded: Bool {
        (headers["x-goog-stored-content-encoding"] ?? "identity") != (headers["content-encoding"] ?? "identity")
    }

    /// How many bytes of a resumable upload the server has, from `Range: bytes=0-N`; 0 without one, nil if it makes no sense.
    var persistedBytes: Int? {
        guard let range = headers["Range"] else { return 0 }
        guard range.hasPrefix("bytes=0-"), let last = Int(range.dropFirst("bytes=0-".count)), last >= 0, last < .max
        else {
            return nil
        }
        return last + 1
    }
}
