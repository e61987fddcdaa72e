extension Duration {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// A duration as people write it: `90s`, `10m`, `1h30m`, `500ms`, `7d`. Units go from the largest to the smallest,
    /// each once; nil for anything else.
    package init?(text: some StringProtocol) {
        var rest = Substring(text)
        var total: Int64 = 0
        var next = 0
        repeat {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            let suffix = rest.prefix { !("0"..."9").contains($0) }
            rest = rest.dropFirst(suffix.count)
            guard let count = Int64(digits),
                let unit = Duration.units.indices.first(where: { $0 >= next && Duration.units[$0].suffix == suffix })
            else { return nil }
            let (product, tooLarge) = count.multipliedReportingOverflow(by: Duration.units[unit].milliseconds)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            (total, next) = (sum, unit + 1)
        } while !rest.isEmpty
        self = .milliseconds(total)
    }

    /// Whole milliseconds as `init(text:)` reads them: `1h30m`.
    package var text: String {
        var rest = milliseconds
        var parts = ""
        for (suffix, size) in Duration.units where rest >= size {
            parts += "\(rest / size)\(suffix)"
            rest %= size
        }
        return parts.isEmpty ? "0s" : parts
    }

    /// Whole milliseconds, rounded towards zero.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
