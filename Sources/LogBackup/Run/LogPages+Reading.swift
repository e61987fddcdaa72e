package import Braintrust
package import Logging
package import Support

extension LogPages {
    /// The next rows, at least one; nil at the end. Those that cannot be read are noted.
    package mutating func next(noting unreadable: UnreadableRows) async throws(Failure) -> BTQLPage? {
        let page: BTQLPage?
        do throws(BraintrustError) { page = try await next() } catch { throw error.failure }
        try await unreadable.note(takeUnreadable())
        return page
    }

    /// Warns of answers that were not whole.
    /// - Returns: how many they were.
    package func tellPartialPages(_ logger: Logger) -> Int {
        if let doubt { logger.warning("\(doubt)") }
        return partialPages
    }
}
