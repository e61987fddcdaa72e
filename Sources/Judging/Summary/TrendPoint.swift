internal import ObjectStorage
internal import Support

/// One day of the trend: of its summary, what the chart shows.
package struct TrendPoint: Sendable, Equatable, Codable {
    package var date: String
    package var asked: Int
    package var judged: Int
    package var verdicts: [String: Int]
    /// By the prompts of that day, whose verdicts may have other names.
    package var findings: Int
    /// Of the worst verdict.
    package var interval: Wilson?
    package var isComplete: Bool

    package init(_ summary: DaySummary) {
        (date, asked, judged) = (summary.date, summary.coverage.asked, summary.coverage.judged)
        (verdicts, findings) = (summary.verdicts, summary.findings.total)
        (interval, isComplete) = (summary.worst.interval, summary.isComplete)
    }
}

/// The days up to one day, as far as they have summaries.
struct Trend: Sendable, Equatable {
    static let days = 30

    var points: [TrendPoint]
    /// Days whose summary is there, and could not be read.
    var unreadable: [String] = []
}

extension Trend {
    /// - Parameter summary: of the last day, which is not read.
    init(upTo summary: DaySummary, names: JudgedNames, in store: any ObjectStore) async throws(Failure) {
        self.init(points: [])
        guard let last = CivilDate(summary.date)?.daysSince1970 else { return }
        let dates = (1..<Self.days).reversed().map { CivilDate(daysSince1970: last - Int64($0)).description }
        let days = try await concurrently(dates, limit: 8) { date throws(Failure) in
            try await Trend.point(of: date, names, in: store)
        }
        for (date, day) in zip(dates, days) {
            switch day {
            case .none: continue
            case .unreadable: unreadable.append(date)
            case .point(let point): points.append(point)
            }
        }
        points.append(TrendPoint(summary))
    }

    private enum Day: Sendable { case none, unreadable, point(TrendPoint) }

    private static func point(
        of date: String, _ names: JudgedNames, in store: any ObjectStore
    ) async throws(Failure) -> Day {
        do throws(Failure) {
            guard let summary = try await DaySummary.stored(of: date, names, in: store) else { return .none }
            return summary.date == date ? .point(TrendPoint(summary)) : .unreadable
        } catch  where error.status == .protocolError {
            return .unreadable  // of another version, or damaged: a day less in the chart
        }
    }
}
