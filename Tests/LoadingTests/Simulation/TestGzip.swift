import Bytes
import Foundation
import Gzip

/// Reads files back in tests.
enum TestGzip {
    static func lines(_ file: [UInt8]) -> [[UInt8]] {
        var content: [UInt8] = []
        do {
            let reader = try GzipReader()
            try file.withUnsafeBytes { try reader.feed($0) { content.append(contentsOf: $0) } }
            try reader.finish()
        } catch {
            return [Array("damaged: \(error)".utf8)]
        }
        return content.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    /// The `id` of a simulated record's line; also of one that became a dead letter. -1 when there is none.
    static func id(of line: [UInt8]) -> Int {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else { return -1 }
        if let id = object["id"] as? Int { return id }
        guard let value = (object["value_base64"] as? String).flatMap({ Data(base64Encoded: $0) }) else { return -1 }
        return String(decoding: value, as: UTF8.self).split(separator: " ").last.flatMap { Int($0) } ?? -1
    }
}
