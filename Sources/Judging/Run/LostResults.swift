internal import Logging
internal import ObjectStorage
internal import Support

extension JobCollector {
    /// Makes results of a day that is done again, where they are gone: out of what the jobs have put out, at no cost.
    func restore(_ work: inout DayWork) async throws(Failure) {
        guard var day = work.day, !day.state.rounds.isEmpty, !day.state.isPending else { return }
        let (store, date) = (parts.states.store, work.place.date)
        let names = JudgedNames(topic: work.place.topic)
        let listing = try await store.list(prefix: names.folder(of: date), from: nil, delimiter: nil)
        let there = Set(listing.objects.map(\.name))
        let lost = day.state.inputs.filter { $0.collected?.verdicts.map { !there.contains($0) } ?? false }
        let summary = names.summary(of: date)
        var gone = lost.compactMap { $0.collected?.verdicts }
        if day.state.isReported, !there.contains(summary) { gone.append(summary) }
        guard !gone.isEmpty else { return }
        parts.logger.warning(
            "results are gone, and are to be made again",
            metadata: [
                "topic": "\(work.place.topic)", "date": "\(date)", "count": "\(gone.count)", "first": "\(gone[0])",
            ])
        for input in lost {
            guard let before = input.collected else { continue }
            let order = CollectOrder(input: input, date: date, output: try output(of: input), retry: nil)
            try await collector(day.state.rounds[input.round], work).restore(order, before)
        }
        // The others are made of these.
        day.state.isReported = false
        work.day = day
    }
}
