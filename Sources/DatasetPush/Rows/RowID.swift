internal import Bytes
internal import Crypto

/// What tells rows apart: the same interaction has the same id in the same dataset, whoever pushes it and however often.
package enum RowID {
    /// Changes with how ids are made: rows of another version would be pushed a second time.
    private static let version = "dataset-row-1"
    static let length = 52

    /// Base32 of a SHA-256 over dataset and interaction, each preceded by its length.
    /// - Parameter interaction: its id in UTF-8, without escapes.
    package static func make(dataset: String, interaction: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        for part in [Array(version.utf8), Array(dataset.utf8), Array(interaction)] {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        return String(decoding: Base32.encode(Array(hash.finalize())), as: UTF8.self)
    }
}
