/// Tells records that the service refuses from a service that refuses everything, by whether others are answered.
///
/// Whoever is refused waits for the next answer, or until nobody is left who could bring one.
package actor RefusalJudge {
    package enum Verdict: Sendable {
        case theRecord
        /// Too many were refused in a row, or all.
        case theService
        /// Nobody else was asked, so the record is for the next run.
        case unknown
    }

    /// So many different records refused in a row, and it is not the records.
    static let limit = 20

    private struct Waiter {
        var isCertain: Bool
        var answersBefore: Int
        var continuation: CheckedContinuation<Verdict, Never>
    }

    /// Records that are asked about, or wait for their turn; without those that wait for the verdict.
    private var underWay = 0
    private var answers = 0
    private var inARow = 0
    private var waiting: [Waiter] = []

    package init() {}

    /// A record is to be asked about; then `ended` follows.
    /// - Returns: how many were answered before.
    package func began() -> Int {
        underWay += 1
        return answers
    }

    package func ended() {
        underWay -= 1
        concludeIfAlone()
    }

    package func answered() {
        answers += 1
        inARow = 0
        conclude { _ in .theRecord }
    }

    /// Whether a record that was left unanswered is one too many.
    package func isTooMuch() -> Bool {
        inARow += 1
        return inARow >= Self.limit
    }

    /// - Parameters:
    ///   - isCertain: the service says that it is the record. As long as nothing was answered it may still be what all
    ///     requests have in common that is too long.
    ///   - answersBefore: what `began` said.
    package func verdict(isCertain: Bool, answersBefore: Int) async -> Verdict {
        if isCertain, answers > 0 { return .theRecord }
        if isTooMuch() {
            conclude { _ in .unknown }
            return .theService
        }
        underWay -= 1
        return await withCheckedContinuation { continuation in
            waiting.append(
                Waiter(isCertain: isCertain, answersBefore: answersBefore, continuation: continuation))
            concludeIfAlone()
        }
    }

    /// Others were answered in the same time: then it is the record. In a run where nobody ever was, two refused without a
    /// reason that is known tell that it is the service, since with few calls at once `limit` may not be reached.
    private func concludeIfAlone() {
        guard underWay == 0, !waiting.isEmpty else { return }
        let isService = answers == 0 && (waiting.count { !$0.isCertain } > 1 || waiting.count >= Self.limit / 2)
        let answers = answers
        conclude { waiter in
            if isService { return .theService }
            return waiter.isCertain || answers > waiter.answersBefore ? .theRecord : .unknown
        }
    }

    private func conclude(_ verdict: (Waiter) -> Verdict) {
        let waiters = waiting
        waiting = []
        underWay += waiters.count
        for waiter in waiters { waiter.continuation.resume(returning: verdict(waiter)) }
    }
}
