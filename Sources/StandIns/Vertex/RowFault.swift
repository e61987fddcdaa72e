/// What becomes of some of a job's rows instead of the usual answer.
package enum RowFault: String, Sendable, CaseIterable {
    case errored, blocked, truncated, missing, duplicated, thought, split

    /// The fault of a row, if it has one.
    ///
    /// - Parameters:
    ///   - rates: the share of rows for each fault; a row has one at most.
    ///   - generator: of the row.
    static func choose(_ rates: [RowFault: Double], using generator: inout SplitMix64) -> RowFault? {
        var position = Double(generator.next() >> 11) * 0x1p-53
        for fault in allCases {
            position -= rates[fault] ?? 0
            if position < 0 { return fault }
        }
        return nil
    }
}
