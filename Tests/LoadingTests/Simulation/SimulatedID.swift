import Foundation

/// The `id` of a simulated record's line; also of one that became a dead letter. -1 when there is none.
func simulatedID(of line: [UInt8]) -> Int {
    guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else { return -1 }
    if let id = object["id"] as? Int { return id }
    guard let value = (object["value_base64"] as? String).flatMap({ Data(base64Encoded: $0) }) else { return -1 }
    return String(decoding: value, as: UTF8.self).split(separator: " ").last.flatMap { Int($0) } ?? -1
}
