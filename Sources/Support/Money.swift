/// Millionths of a US dollar, from digits with at most six decimal places; nil for anything else.
package func microDollars(from text: String) -> Int64? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let decimals = parts.count == 2 ? parts[1] : "0"
    let areDigits = (parts + [decimals]).allSatisfy { part in
        !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    guard areDigits, parts[0].utf8.count <= 9, decimals.utf8.count <= 6, let whole = Int64(parts[0]),
        let micros = Int64(decimals + String(repeating: "0", count: 6 - decimals.utf8.count))
    else { return nil }
    return whole * 1_000_000 + micros
}

/// Millionths of a US dollar as dollars: `1.250000`.
package func dollars(_ micros: Int64) -> String { "\(micros / 1_000_000).\(padded(micros % 1_000_000, 6))" }
