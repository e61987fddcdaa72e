package import Bytes

/// Finds, in one pass over an object's members, those with certain keys. One thread at a time.
package final class WatchedKeys {
    private struct Key {
        let name: [UInt8]
        /// In `found`; nil for keys whose members are dropped.
        let place: Int?
    }

    // No access to it lasts longer than its statement, so the run-time check would only cost time.
    /// What the last scan found, in the order of the keys given; of members with equal keys the last one.
    @exclusivity(unchecked) package private(set) var found: [JSONMembers.Member?]
    private let keys: [Key]
    /// Which bits there are among the keys, so that most others need not be compared.
    private let bits: UInt64

    /// - Parameter found: nil stands for a place that is never found.
    package init(dropped: [String], found: [String?]) {
        self.found = Array(repeating: nil, count: found.count)
        keys =
            dropped.map { Key(name: Array($0.utf8), place: nil) }
            + found.enumerated().compactMap { place, name in name.map { Key(name: Array($0.utf8), place: place) } }
        bits = keys.reduce(0) { bits, key in bits | key.name.withUnsafeBytes { WatchedKeys.bit($0) } }
    }

    /// One of 64, by the length and the first letter.
    private static func bit(_ key: UnsafeRawBufferPointer) -> UInt64 {
        1 &<< UInt64(truncatingIfNeeded: key.count &* 7 &+ Int(key.first ?? 0))
    }

    /// - Returns: how many members are not dropped ones; nil when it is no minified object.
    package func scan(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int? {
        var dropped: [Range<Int>] = []
        return scan(line, range, dropped: &dropped)
    }

    func scan(_ line: UnsafeRawBufferPointer, _ range: Range<Int>, dropped: inout [Range<Int>]) -> Int? {
        for place in found.indices { found[place] = nil }
        guard var members = JSONMembers(line, in: range), members.isObject else { return nil }
        var count = 0
        while let member = members.next() {
            if note(member, UnsafeRawBufferPointer(rebasing: line[member.key])) {
                dropped.append((member.key.lowerBound - 1)..<member.value.upperBound)
            } else {
                count += 1
            }
        }
        return members.isComplete ? count : nil
    }

    /// Whether it is one of the dropped ones.
    private func note(_ member: JSONMembers.Member, _ key: UnsafeRawBufferPointer) -> Bool {
        if key.contains(UInt8(ascii: "\\")) {
            guard let plain = JSONText.unescaped(key) else { return false }
            return plain.withUnsafeBytes { note(member, plain: $0) }
        }
        return note(member, plain: key)
    }

    private func note(_ member: JSONMembers.Member, plain key: UnsafeRawBufferPointer) -> Bool {
        guard bits & WatchedKeys.bit(key) != 0 else { return false }
        var isDropped = false
        for watched in keys where watched.name.count == key.count && key.elementsEqual(watched.name) {
            if let place = watched.place { found[place] = member } else { isDropped = true }
        }
        return isDropped
    }
}
