/// A proportion with the interval that it lies in with 95 % confidence.
///
/// Edwin B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927): the score interval,
/// which is not empty where nothing was found, and stays within 0…1.
package struct Wilson: Sendable, Equatable, Codable {
    package static let method = "Wilson score interval, 95 %"
    /// Of the standard normal distribution, the quantile of 0.975.
    private static let z = 1.959963984540054

    package var rate: Double
    package var low: Double
    package var high: Double

    /// - Parameters:
    ///   - count: how many of them, at most `total`.
    ///   - total: nil comes out of 0.
    package init?(_ count: Int, of total: Int) {
        guard total > 0 else { return nil }
        let (n, share) = (Double(total), Double(count) / Double(total))
        let z2 = Self.z * Self.z
        let centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        let half = Self.z / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n * n)).squareRoot()
        rate = rounded(share)
        low = count == 0 ? 0 : rounded(max(0, centre - half))
        high = count == total ? 1 : rounded(min(1, centre + half))
    }
}

/// To a millionth, so that reports are short and the same on every machine.
func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
