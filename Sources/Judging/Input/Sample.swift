/// Which share of the interactions is judged: the same ones each time, by their ids.
package struct Sample: Sendable, Equatable, CustomStringConvertible {
    /// As it was given.
    package let description: String
    /// An id is in when its hash is below; nil: all are.
    private let limit: UInt64?

    package static let all = Sample(description: "1", limit: nil)

    private init(description: String, limit: UInt64?) { (self.description, self.limit) = (description, limit) }

    /// From a decimal number above 0, and not above 1; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 20, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let share = Double(text), share > 0, share <= 1
        else { return nil }
        description = text
        limit = share == 1 ? nil : UInt64(share * 0x1p64)
    }

    /// FNV-1a of 64 bits (Fowler, Noll, Vo) over the id, mixed so that every bit of it counts as much (the finalizer of
    /// MurmurHash3).
    package func contains(_ id: some Sequence<UInt8>) -> Bool {
        guard let limit else { return true }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in id { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ hash >> 33) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ hash >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ hash >> 33 < limit
    }
}
