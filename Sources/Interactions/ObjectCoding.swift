package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Hour: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2, let hourOfDay = Int(parts[1]), let hour = Hour(date: parts[0], hourOfDay: hourOfDay)
        else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "an hour is YYYY-MM-DDTHH")
        }
        self = hour
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The JSON of the objects in the store: snake_case keys, sorted, so that equal values are equal bytes.
package enum ObjectCoding {
    /// No object of ours is larger; what is larger is not ours.
    package static let sizeLimit = 32 << 20

    package static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Only values of our own types get here: they hold no number that JSON does not have, so encoding cannot fail.
        let data = (try? encoder.encode(value)) ?? Data()
        return Array(data) + [UInt8(ascii: "\n")]
    }

    /// - Parameters:
    ///   - what: "plan", "progress", … for the message.
    ///   - location: where it was read from, for the message.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], what: String, location: String, version current: Int
    ) throws(Failure) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = Data(bytes)
        guard let version = try? decoder.decode(Versioned.self, from: data).version else {
            throw unreadable(what, location)
        }
        guard version <= current else {
            throw Failure(
                .protocolError, "\(location): the \(what) has version \(version), this program knows \(current)",
                remedy: "run the newer version that wrote it")
        }
        guard let value = try? decoder.decode(type, from: data) else { throw unreadable(what, location) }
        return value
    }

    /// Whether the object says that a newer program than this one wrote it.
    package static func isNewer(_ bytes: [UInt8], than current: Int) -> Bool {
        let version = try? JSONDecoder().decode(Versioned.self, from: Data(bytes)).version
        return version.map { $0 > current } ?? false
    }

    private static func unreadable(_ what: String, _ location: String) -> Failure {
        Failure(
            .protocolError, "\(location): not readable as a \(what)",
            remedy: "restore it from an earlier version or a backup; nothing was written")
    }
}

/// What every object of ours has, whatever its version.
private struct Versioned: Decodable { var version: Int }
