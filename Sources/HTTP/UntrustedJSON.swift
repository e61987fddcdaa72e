internal import Bytes

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Decodes a JSON object that somebody else wrote: strictly checked, and refused when it nests deeper than `maxDepth`, before
/// a decoder that recurses gets to see it. nil when it is not what is expected.
package func decodeUntrusted<Value: Decodable>(
    _ type: Value.Type, from bytes: UnsafeRawBufferPointer, maxDepth: Int = 32
) -> Value? {
    let content = ByteBuffer()
    guard case .object = JSONScanner(maxDepth: maxDepth).scan(bytes, into: content) else { return nil }
    return try? JSONDecoder().decode(type, from: Data(content.bytes))
}

extension HTTPResponse {
    /// The body as `decodeUntrusted` reads it.
    package func decodedBody<Value: Decodable>(_ type: Value.Type, maxDepth: Int = 32) -> Value? {
        body.withUnsafeBytes { decodeUntrusted(type, from: $0, maxDepth: maxDepth) }
    }
}
