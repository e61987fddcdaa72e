internal import Bytes
internal import Support

/// Which datasets want which tag: an inverted index. To match a record takes time for its tags and for the datasets that it
/// goes to, whatever their number. One thread at a time.
package final class TagIndex {
    /// For each tag, by its place: the datasets that want it.
    private var datasets: [[Int]] = []
    private var names: [[UInt8]] = []
    /// For each dataset and tag whether it wants it: one bit.
    private var wishes: [UInt64] = []
    private var wordsPerDataset = 0
    /// Open addressing: places of tags, or -1.
    private var slots: [Int32]
    private let mask: Int
    private let unescaped = ByteBuffer()

    /// The datasets that want the record that was matched last, each once.
    package private(set) var matches: [Int] = []
    /// The places of its wanted tags, each once.
    private var found: [Int] = []
    /// The number of the record that was the last to have this tag, or go to this dataset.
    private var tagSeen: [UInt64] = []
    private var datasetSeen: [UInt64]
    private var record: UInt64 = 0

    /// - Parameter wanted: for each dataset the tags that it wants.
    package init(_ wanted: [[String]]) {
        let most = wanted.reduce(0) { $0 + $1.count }
        var size = 16
        while size < most * 2 { size *= 2 }
        slots = Array(repeating: -1, count: size)
        mask = size - 1
        datasetSeen = Array(repeating: 0, count: wanted.count)
        for (dataset, tags) in wanted.enumerated() {
            for tag in tags { datasets[place(adding: Array(tag.utf8))].append(dataset) }
        }
        tagSeen = Array(repeating: 0, count: names.count)
        wordsPerDataset = (names.count + 63) / 64
        wishes = Array(repeating: 0, count: wordsPerDataset * wanted.count)
        for (tag, wanting) in datasets.enumerated() {
            for dataset in wanting { wishes[dataset * wordsPerDataset + tag / 64] |= 1 << UInt64(tag % 64) }
        }
    }

    /// How a record's list of tags is.
    package enum Reading: Sendable, Equatable {
        /// No list: this record's tags are nobody's.
        case noList
        /// A list. How many of its elements are no text, and are left out.
        case list(others: Int)
    }

    /// Finds the datasets for a record: `matches`.
    /// - Parameters:
    ///   - line: minified JSON.
    ///   - list: where its tags are in it.
    package func match(_ line: UnsafeRawBufferPointer, tags list: Range<Int>) -> Reading {
        record += 1
        matches.removeAll(keepingCapacity: true)
        found.removeAll(keepingCapacity: true)
        guard var elements = JSONMembers(line, in: list), !elements.isObject else { return .noList }
        var others = 0
        while let element = elements.next() {
            guard element.kind == .string else {
                others += 1
                continue
            }
            let text = UnsafeRawBufferPointer(
                rebasing: line[(element.value.lowerBound + 1)..<(element.value.upperBound - 1)])
            guard let tag = place(ofText: text), tagSeen[tag] != record else { continue }
            tagSeen[tag] = record
            found.append(tag)
            for dataset in datasets[tag] where datasetSeen[dataset] != record {
                datasetSeen[dataset] = record
                matches.append(dataset)
            }
        }
        return .list(others: others)
    }

    /// Calls `body` with those tags of the record that was matched last that the dataset wants: their names in UTF-8.
    package func forEachTag(wantedBy dataset: Int, _ body: ([UInt8]) -> Void) {
        for tag in found where wishes[dataset * wordsPerDataset + tag / 64] & (1 << UInt64(tag % 64)) != 0 {
            body(names[tag])
        }
    }

    // MARK: - The table

    private func place(adding name: [UInt8]) -> Int {
        let slot = name.withUnsafeBytes { self.slot(of: $0) }
        if slots[slot] < 0 {
            slots[slot] = Int32(names.count)
            names.append(name)
            datasets.append([])
        }
        return Int(slots[slot])
    }

    /// Of a JSON string without its quotes.
    private func place(ofText text: UnsafeRawBufferPointer) -> Int? {
        guard let first = text.first, let last = text.last else { return nil }
        if text.contains(UInt8(ascii: "\\")) {
            unescaped.removeAll(keepingCapacity: 1 << 16)
            unescaped.append(unescaping: text)
            return place(ofUntrimmed: unescaped.bytes)
        }
        // Only these can be white space.
        let isTrimmed = (0x21..<0x80).contains(first) && (0x21..<0x80).contains(last)
        return isTrimmed ? place(of: text) : place(ofUntrimmed: text)
    }

    private func place(ofUntrimmed name: UnsafeRawBufferPointer) -> Int? {
        var name = trimmedScalars(String(decoding: name, as: UTF8.self))
        return name.withUTF8 { place(of: UnsafeRawBufferPointer($0)) }
    }

    private func place(of name: UnsafeRawBufferPointer) -> Int? {
        let place = slots[slot(of: name)]
        return place < 0 ? nil : Int(place)
    }

    /// Where the name is, or would be put. The table is never more than half full.
    private func slot(of name: UnsafeRawBufferPointer) -> Int {
        // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var slot = Int(truncatingIfNeeded: hash ^ (hash >> 32)) & mask
        while slots[slot] >= 0 {
            let held = names[Int(slots[slot])]
            if held.count == name.count, held.withUnsafeBytes({ $0.elementsEqual(name) }) { return slot }
            slot = (slot + 1) & mask
        }
        return slot
    }
}
