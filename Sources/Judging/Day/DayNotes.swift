internal import Support

extension DayState {
    /// Names of files in one note.
    private static let mostNames = 20

    /// What the reader of any result has to know of the day as it is now, besides the warnings that stay.
    package var notes: [String] {
        var notes: [String] = []
        if !rounds.isEmpty, !isBegun { notes.append("Only files that a pattern named were judged, not the whole day.") }
        if !rounds.isEmpty, !completeness.isComplete {
            notes.append("The day is not complete: hours \(completeness.missingText) are not sealed.")
        }
        if let overlapping, !overlapping.isEmpty {
            let names = overlapping.prefix(Self.mostNames).joined(separator: ", ")
            let rest = overlapping.count > Self.mostNames ? ", …" : ""
            notes.append(
                "\(overlapping.count) files were left alone, as some of their records are in other files, too: "
                    + names + rest)
        }
        if let nothingAsked { notes.append(nothingAsked) }
        if let difference { notes.append(difference) }
        return notes
    }

    /// Why there is no request, though there are records.
    private var nothingAsked: String? {
        var counts = Counts()
        for round in rounds where round.purpose != .retry { counts += round.counts }
        guard counts.records > 0, counts.asked == 0 else { return nil }
        return "None of \(counts.records) records was asked about: \(counts.filtered) were left out by a filter, "
            + "\(counts.notSampled) by the sample, and \(counts.withoutContent) have no content."
    }

    /// What of the files was read, against what the loader says that it has stored.
    private var difference: String? {
        guard isBegun, completeness.isComplete, let expected = recordsInManifests,
            !rounds.contains(where: { $0.phase == .assembling })
        else { return nil }
        let read = rounds.lazy.filter { $0.purpose != .retry }.map(\.counts.records).reduce(0, +)
        guard read != expected else { return nil }
        let meaning =
            read < expected
            ? "files are missing, or were left alone"
            : "records are in several files, or came since the hours were sealed"
        return "The hour manifests count \(expected) records, and \(read) were read: \(meaning)."
    }
}
