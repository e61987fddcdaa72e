package import Support

/// Where every object of one topic lies. See docs/design.md, "Object layout".
package struct ObjectNames: Sendable, Equatable {
    package let topic: String
    package let layout: PartitionLayout

    package init(topic: String, layout: PartitionLayout) { (self.topic, self.layout) = (topic, layout) }

    /// Everything but the dead letters.
    package var root: String { "raw/\(topic)/" }
    package var deadLetterRoot: String { "dead-letter/\(topic)/" }
    package static let runs = "_runs/"

    // MARK: The chain

    package func plans(of partition: Partition) -> String { "\(root)_plans/\(partition)/" }
    package var allPlans: String { "\(root)_plans/" }
    /// The same in every layout, so that a run with another one finds it.
    package var topicFacts: String { "\(allPlans)topic.json" }
    package var allProgress: String { "\(root)_progress/" }
    package func origin(of partition: Partition) -> String { plans(of: partition) + "origin.json" }
    package func progress(of partition: Partition) -> String { "\(allProgress)\(partition).json" }
    /// Up to which hour the sealer has been; a hint.
    package var sealing: String { "\(allProgress)sealing.json" }

    package func plan(of partition: Partition, at link: LinkID) -> String { plans(of: partition) + link.fileName }

    /// The link that a plan's object name stands for; nil for the origin and for names that are none of ours.
    package func link(fromPlanName name: String, of partition: Partition) -> LinkID? {
        let prefix = plans(of: partition)
        guard name.hasPrefix(prefix) else { return nil }
        return LinkID(fileName: name.dropFirst(prefix.count))
    }

    // MARK: Hours

    package func folder(of date: some StringProtocol) -> String {
        layout == .plain ? "\(root)\(date)/" : "\(root)dt=\(date)/"
    }

    package func deadLetterFolder(of date: some StringProtocol) -> String {
        deadLetterRoot + folder(of: date).dropFirst(root.count)
    }

    package func manifest(of hour: Hour) -> String {
        switch layout {
        case .plain: "\(folder(of: hour.date))\(padded(hour.hourOfDay, 2)).manifest.json"
        case .hive: "\(folder(of: hour.date))hour=\(padded(hour.hourOfDay, 2))/_manifest.json"
        }
    }

    /// What the names of an hour's files begin with, on time and late.
    package func files(of hour: Hour) -> String { root + hourPrefix(hour) }
    package func deadLetters(of hour: Hour) -> String { deadLetterRoot + hourPrefix(hour) }

    private func hourPrefix(_ hour: Hour) -> String {
        switch layout {
        case .plain: "\(hour.date)/\(padded(hour.hourOfDay, 2))-"
        case .hive: "dt=\(hour.date)/hour=\(padded(hour.hourOfDay, 2))/"
        }
    }

    package func file(_ kind: FileKind, hour: Hour, partition: Partition, range: OffsetRange) -> String {
        let folder = kind == .deadLetter ? deadLetters(of: hour) : files(of: hour)
        let late = kind == .late ? "late-" : ""
        return "\(folder)\(late)\(partition)-\(padded(range.start, 20))-\(padded(range.end, 20)).jsonl.gz"
    }

    /// The reverse of `file`; nil for any other object.
    package func parse(file name: String) -> FileName? {
        let dead = name.hasPrefix(deadLetterRoot)
        guard dead || name.hasPrefix(root), name.hasSuffix(".jsonl.gz") else { return nil }
        var rest = name.dropFirst(dead ? deadLetterRoot.count : root.count).dropLast(".jsonl.gz".count)
        guard let hour = takeHour(&rest) else { return nil }
        let late = !dead && rest.hasPrefix("late-")
        if late { rest = rest.dropFirst("late-".count) }
        let parts = rest.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let partition = Partition(parts[0]), let start = Int64(parts[1]),
            let end = Int64(parts[2]), start < end
        else { return nil }
        let parsed = FileName(
            kind: dead ? .deadLetter : late ? .late : .onTime, hour: hour, partition: partition,
            range: OffsetRange(start, end))
        // Only the canonical spelling is ours.
        return file(parsed.kind, hour: hour, partition: partition, range: parsed.range) == name ? parsed : nil
    }

    /// The date that a folder listed below `root` or `deadLetterRoot` stands for.
    package func date(fromFolder prefix: String) -> CivilDate? {
        let root = prefix.hasPrefix(deadLetterRoot) ? deadLetterRoot : root
        guard prefix.hasPrefix(root), prefix.hasSuffix("/") else { return nil }
        let folder = prefix.dropFirst(root.count).dropLast()
        return switch layout {
        case .plain: CivilDate(folder)
        case .hive: folder.hasPrefix("dt=") ? CivilDate(folder.dropFirst(3)) : nil
        }
    }

    private func takeHour(_ rest: inout Substring) -> Hour? {
        if layout == .hive {
            guard rest.hasPrefix("dt=") else { return nil }
            rest = rest.dropFirst(3)
        }
        let date = rest.prefix(10)
        rest = rest.dropFirst(10)
        let lead = layout == .hive ? "/hour=" : "/"
        guard rest.hasPrefix(lead) else { return nil }
        rest = rest.dropFirst(lead.count)
        guard let hourOfDay = Int(rest.prefix(2)) else { return nil }
        rest = rest.dropFirst(2)
        guard rest.first == (layout == .hive ? "/" : "-") else { return nil }
        rest = rest.dropFirst()
        return Hour(date: date, hourOfDay: hourOfDay)
    }
}

/// What the name of a partition file or dead-letter file says.
package struct FileName: Hashable, Sendable {
    package var kind: FileKind
    package var hour: Hour
    package var partition: Partition
    package var range: OffsetRange

    package init(kind: FileKind, hour: Hour, partition: Partition, range: OffsetRange) {
        (self.kind, self.hour, self.partition, self.range) = (kind, hour, partition, range)
    }
}

/// Content types of the objects.
package let jsonType = "application/json"
package let gzipType = "application/gzip"
package let jsonLinesType = "application/jsonl"
