internal import Bytes

/// What columns are called, and in which order they stand.
///
/// A column's name is the path to its values, keys joined by dots: `metadata.user.id`. In a key a dot is written `\.` and a
/// backslash `\\`, U+0000 `\0`, and an empty key is `\e`: so no two paths have one name, and a name says its path.
extension ColumnTree {
    /// The column for what has no place; a path of that name is written `\_more`.
    static let moreName = "_more"

    /// The members of a row that readers look for first, in their order; the others follow in that of their bytes.
    private static let leading = [
        "id", "created", "_xact_id", "_pagination_key", "span_id", "root_span_id", "span_parents", "is_root",
        "project_id",
        "log_id", "org_id", "span_attributes", "input", "output", "expected", "error", "scores", "metadata", "tags",
        "metrics",
    ]

    /// The names of all columns, with the one for what has no place.
    package var names: [String] {
        columns.map { node in
            let path = ByteBuffer()
            appendPath(of: node, to: path)
            return String(decoding: path.bytes, as: UTF8.self)
        } + (hasMore ? [Self.moreName] : [])
    }

    /// The path to a node, nothing for the root.
    func appendPath(of node: Int, to buffer: ByteBuffer) {
        guard node != 0 else { return }
        let parent = nodes[node].parent
        if parent != 0 {
            appendPath(of: parent, to: buffer)
            buffer.append(".")
        } else if key(node).elementsEqual(Self.moreName.utf8) {
            buffer.append("\\")
        }
        appendPathKey(key(node), to: buffer)
    }

    /// The bytes of the name that `appendPath` gives a key's node, but for the sign before `moreName`.
    func nameBytes(of key: UnsafeRawBufferPointer, below parent: Int) -> Int {
        let before = parent == 0 ? 0 : nodes[parent].nameBytes + 1
        guard !key.isEmpty else { return before + 2 }
        return key.reduce(before + key.count) { count, byte in
            count + (byte == 0 || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "\\") ? 1 : 0)
        }
    }

    private func appendPathKey(_ key: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        if key.isEmpty { buffer.append("\\e") }
        for byte in key {
            switch byte {
            case 0: buffer.append("\\0")
            case UInt8(ascii: "."), UInt8(ascii: "\\"):
                buffer.append("\\")
                buffer.append(byte)
            default: buffer.append(byte)
            }
        }
    }

    /// Sorted by path, key by key, so that what lies in one object stands together.
    func ordered(_ nodes: [Int]) -> [Int] {
        let rank = Dictionary(uniqueKeysWithValues: Self.leading.enumerated().map { (Array($1.utf8), $0) })
        let keyed = nodes.map { node in
            let path = keys(to: node)
            return (node: node, rank: rank[path[0]] ?? Self.leading.count, path: path)
        }
        return keyed.sorted { left, right in
            if left.rank != right.rank { return left.rank < right.rank }
            return left.path.lexicographicallyPrecedes(right.path) { $0.lexicographicallyPrecedes($1) }
        }.map(\.node)
    }

    private func keys(to node: Int) -> [[UInt8]] {
        var path: [[UInt8]] = []
        var node = node
        while node != 0 {
            path.append(Array(key(node)))
            node = nodes[node].parent
        }
        return path.reversed()
    }
}
