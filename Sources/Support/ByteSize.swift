/// Sizes as people write them: `160MiB`, `8MB`, `512KiB`, `4096` or `4096B` for bytes.
package enum ByteSize {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
    ]

    /// Bytes; nil when the text is not a whole number with one of the units, in upper or lower case.
    package static func parse(_ text: some StringProtocol) -> Int? {
        let lowered = text.lowercased()
        let unit = units.first { lowered.hasSuffix($0.suffix.lowercased()) }
        let digits = lowered.dropLast(unit?.suffix.count ?? 0)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(digits)
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit?.bytes ?? 1)
        return overflow ? nil : bytes
    }

    /// In the unit that leaves the smallest whole number: `160MiB`, `64MB`. `parse` reads it back.
    package static func text(_ bytes: Int) -> String {
        let unit = units.filter { bytes != 0 && bytes % $0.bytes == 0 }.max { $0.bytes < $1.bytes }
        return unit.map { "\(bytes / $0.bytes)\($0.suffix)" } ?? "\(bytes)B"
    }
}
