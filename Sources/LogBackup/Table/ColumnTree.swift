internal import Bytes

/// The columns of the table that rows of nested JSON objects make: one for each path that leads to a value in any row.
///
/// Filled while all rows are read for the first time, then fixed by `finish`; from then on `read` says where in a row each
/// column's value lies. Bounded whatever the rows hold: a value that has no place goes to `more`. Not Sendable.
package final class ColumnTree {
    package struct Limits: Sendable {
        /// Columns. What comes after them has no place.
        package var columns: Int
        /// Bytes of a column's name. What would have a longer one has no place.
        package var nameBytes = 1024
        /// Bytes of all names together. What comes after them has no place.
        package var allNameBytes = 1 << 20
        /// Objects within objects that are taken apart; what lies deeper is kept as JSON.
        package var depth = 32
        /// Objects and columns that are kept in mind: also objects without any column take memory.
        var nodes: Int { 8 * columns + 64 }

        package init(columns: Int) { self.columns = columns }
    }

    /// Where a row's value for a column lies in the row's line.
    struct Cell {
        var range: Range<Int>
        var kind: JSONField.Kind
    }

    struct Node {
        var parent: Int
        /// In `keys`.
        var key: Range<Int>
        /// Bytes of the path to it.
        var nameBytes: Int
        /// Holds no backslash: so a key of a document that has the same bytes is the same key.
        var isPlain: Bool
        /// Which node came first below this one, and which behind it, the last time: rows repeat their keys.
        var first = -1
        var follower = -1
        var hasChildren = false
        var holdsValue = false
        var holdsNull = false
        /// -1: none.
        var column = -1
        /// The cell is of the current row if `row` is its number, and if from here to the root `below` is the parent's
        /// `visit`: of equal keys the last one counts, with all that is below it.
        var row = 0
        var visit = 0
        var below = 0
        var cell: Cell?
    }

    /// Those that the table has even if there are no rows.
    static let always = ["id", "created", "_xact_id"]

    let limits: Limits
    private(set) var nodes: [Node]
    private(set) var isFinished = false
    /// After `finish`: the nodes of the columns, in their order.
    private(set) var columns: [Int] = []
    /// Whether some value had no place.
    package private(set) var hasMore = false
    /// What has no place in the row that was read last: the inside of a JSON object, the row without all that has one. So it
    /// is never longer than the row.
    let more = ByteBuffer()

    /// The keys of the objects that lead to where `walk` is, in the row's own bytes, and how many of these objects are begun
    /// in `more`.
    private var path: [Range<Int>] = []
    private var begun = 0
    private let keys = ByteBuffer()
    private let text = ByteBuffer()
    /// Nodes by a hash of parent and key; -1 is free. A power of two, at most half full.
    private var table = [Int](repeating: -1, count: 256)
    private var taken = 0
    /// Of the names of those that are taken.
    private var takenBytes = 0
    private var row = 0
    private var visit = 0

    package init(_ limits: Limits) {
        self.limits = limits
        nodes = [Node(parent: -1, key: 0..<0, nameBytes: 0, isPlain: false)]
        for var name in Self.always {
            name.withUTF8 { key in
                let node = add(UnsafeRawBufferPointer(key), below: 0, isPlain: true, nameBytes: key.count)
                note(null: true, at: node)
            }
        }
    }

    /// Reads one row, and before `finish` adds the columns that it needs.
    /// - Parameter line: a minified JSON object.
    /// - Returns: false when it is none.
    package func read(_ line: UnsafeRawBufferPointer) -> Bool {
        row += 1
        visit += 1
        nodes[0].visit = visit
        more.removeAll(keepingCapacity: 1 << 20)
        path.removeAll(keepingCapacity: true)
        begun = 0
        guard line.first == UInt8(ascii: "{") else { return false }
        return walk(line, 0..<line.count, 0, depth: 1)
    }

    /// The value of a column's node in the row that was read last; nil: there is none.
    func cell(_ node: Int) -> Cell? {
        guard nodes[node].row == row, let cell = nodes[node].cell else { return nil }
        var node = node
        while node != 0 {
            let parent = nodes[node].parent
            guard nodes[node].below == nodes[parent].visit else { return nil }
            node = parent
        }
        return cell
    }

    /// No columns from now on. A path that has only nulls is a column unless other rows have an object there.
    package func finish() {
        columns = ordered(
            nodes.indices.filter { nodes[$0].holdsValue || nodes[$0].holdsNull && !nodes[$0].hasChildren })
        for (column, node) in columns.enumerated() { nodes[node].column = column }
        isFinished = true
    }

    /// The UTF-8 of a node's key.
    func key(_ node: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: keys.bytes[nodes[node].key]) }

    // MARK: - One row

    private func walk(_ line: UnsafeRawBufferPointer, _ range: Range<Int>, _ parent: Int, depth: Int) -> Bool {
        guard var members = JSONMembers(line, in: range) else { return false }
        var previous = -1
        var expected = nodes[parent].first
        while let member = members.next() {
            let key = UnsafeRawBufferPointer(rebasing: line[member.key])
            let node = find(key, below: parent, expecting: expected)
            guard node >= 0 else {
                if member.kind != .null { addMore(member, of: line) }
                continue
            }
            if previous < 0 { nodes[parent].first = node } else { nodes[previous].follower = node }
            (previous, expected) = (node, nodes[node].follower)
            visit += 1
            (nodes[node].visit, nodes[node].below) = (visit, nodes[parent].visit)
            nodes[node].row = row
            nodes[node].cell = nil
            if member.kind == .object, member.value.count > 2, depth < limits.depth {
                path.append(member.key)
                guard walk(line, member.value, node, depth: depth + 1) else { return false }
                path.removeLast()
                endMore()
            } else if member.kind == .null || member.kind == .object && member.value.count == 2 {
                note(null: true, at: node)
            } else if note(null: false, at: node) {
                nodes[node].cell = Cell(range: member.value, kind: member.kind)
            } else {
                addMore(member, of: line)
            }
        }
        return members.isComplete
    }

    /// - Returns: whether the node has a place for values. An empty object says no more than null does.
    @discardableResult private func note(null: Bool, at node: Int) -> Bool {
        if null ? nodes[node].holdsNull : nodes[node].holdsValue { return true }
        guard !isFinished else { return false }
        if !nodes[node].holdsNull, !nodes[node].holdsValue {
            let bytes = takenBytes + nodes[node].nameBytes
            guard taken < limits.columns, bytes <= limits.allNameBytes else { return false }
            taken += 1
            takenBytes = bytes
        }
        if null { nodes[node].holdsNull = true } else { nodes[node].holdsValue = true }
        return true
    }

    private func addMore(_ member: JSONMembers.Member, of line: UnsafeRawBufferPointer) {
        hasMore = true
        guard isFinished else { return }
        while begun < path.count {
            appendMore(key: path[begun], of: line)
            more.append(UInt8(ascii: "{"))
            begun += 1
        }
        appendMore(key: member.key, of: line)
        more.append(UnsafeRawBufferPointer(rebasing: line[member.value]))
    }

    private func appendMore(key: Range<Int>, of line: UnsafeRawBufferPointer) {
        if let last = more.bytes.last, last != UInt8(ascii: "{") { more.append(UInt8(ascii: ",")) }
        more.append(UInt8(ascii: "\""))
        more.append(UnsafeRawBufferPointer(rebasing: line[key]))
        more.append("\":")
    }

    /// `walk` has left an object.
    private func endMore() {
        guard begun > path.count else { return }
        more.append(UInt8(ascii: "}"))
        begun -= 1
    }

    // MARK: - Nodes

    /// -1 when there is none, and none may be added.
    private func find(_ key: UnsafeRawBufferPointer, below parent: Int, expecting expected: Int) -> Int {
        if expected >= 0, nodes[expected].isPlain, isKey(expected, key) { return expected }
        guard key.contains(UInt8(ascii: "\\")) else { return find(key, below: parent, isPlain: true) }
        text.removeAll(keepingCapacity: 1 << 16)
        text.append(unescaping: key)
        return find(text.bytes, below: parent, isPlain: !text.bytes.contains(UInt8(ascii: "\\")))
    }

    private func find(_ key: UnsafeRawBufferPointer, below parent: Int, isPlain: Bool) -> Int {
        var place = self.place(key, below: parent)
        while table[place] >= 0 {
            let node = table[place]
            if nodes[node].parent == parent, isKey(node, key) { return node }
            place = (place + 1) & (table.count - 1)
        }
        guard !isFinished, taken < limits.columns, nodes.count < limits.nodes else { return -1 }
        let nameBytes = nameBytes(of: key, below: parent)
        // The keys of the columns' paths are no more than their names.
        guard nameBytes <= limits.nameBytes, keys.count + key.count <= limits.allNameBytes else { return -1 }
        return add(key, below: parent, isPlain: isPlain, nameBytes: nameBytes)
    }

    private func add(_ key: UnsafeRawBufferPointer, below parent: Int, isPlain: Bool, nameBytes: Int) -> Int {
        let start = keys.count
        keys.append(key)
        nodes.append(Node(parent: parent, key: start..<keys.count, nameBytes: nameBytes, isPlain: isPlain))
        nodes[parent].hasChildren = true
        let node = nodes.count - 1
        if 2 * nodes.count > table.count {
            table = [Int](repeating: -1, count: 2 * table.count)
            for each in nodes.indices.dropFirst() { enter(each) }
        } else {
            enter(node)
        }
        return node
    }

    private func enter(_ node: Int) {
        var place = self.place(key(node), below: nodes[node].parent)
        while table[place] >= 0 { place = (place + 1) & (table.count - 1) }
        table[place] = node
    }

    private func place(_ key: UnsafeRawBufferPointer, below parent: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(parent)
        hasher.combine(bytes: key)
        return hasher.finalize() & (table.count - 1)
    }

    @inline(__always) private func isKey(_ node: Int, _ key: UnsafeRawBufferPointer) -> Bool {
        nodes[node].key.count == key.count && self.key(node).elementsEqual(key)
    }
}
