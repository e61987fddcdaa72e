package import Interactions
package import Support

/// What `loader status` knows of one hour: the answer to "is hour 13 complete?".
package struct HourStatus: Sendable, Encodable, Equatable {
    package enum State: String, Sendable, Encodable {
        /// It has a manifest, and every file that the manifest lists is there.
        case sealed
        /// It has a manifest, but files that it lists are not there.
        case damaged
        /// A partition may still bring records on time.
        case open
        /// Nothing can come on time; the next run seals it.
        case closed
        /// The same, without any file: before the first hour that was sealed it stays so.
        case empty
    }

    package struct Part: Sendable, Encodable, Equatable {
        package var partition: Partition
        /// With those of dead letters.
        package var files = 0
        /// On time and late.
        package var records = 0
        package var lateRecords = 0
        package var deadLetters = 0
        /// Of the lines in all files, before compression.
        package var bytes: Int64 = 0
        /// From the first record's to behind the last one's; nil without files.
        package var offsets: OffsetRange?
        /// No record of this hour can come any more that is not late.
        package var isClosed: Bool

        init(_ partition: Partition, files: [PlannedFile], isClosed: Bool) {
            (self.partition, self.isClosed, self.files) = (partition, isClosed, files.count)
            for file in files {
                bytes += file.lineBytes
                if file.kind == .deadLetter { deadLetters += file.records } else { records += file.records }
                if file.kind == .late { lateRecords += file.records }
            }
            if let first = files.map(\.firstOffset).min(), let last = files.map(\.lastOffset).max() {
                offsets = OffsetRange(first, last + 1)
            }
        }
    }

    package var hour: Hour
    package var state: State
    package var isSealed: Bool
    /// Of the manifest.
    package var revision: Int?
    /// Listed by the manifest, and not there.
    package var missingFiles: Int
    /// The sums of `parts`.
    package var files: Int
    package var records: Int
    package var lateRecords: Int
    package var deadLetters: Int
    package var bytes: Int64
    package var parts: [Part]
    package var lost: [LostRange]

    /// The partitions that keep the hour open.
    package var openPartitions: [Partition] { parts.filter { !$0.isClosed }.map(\.partition) }

    /// - Parameters:
    ///   - files: those that are there.
    ///   - progress: of the topic's current life, which is `epoch`; what a former one has left is closed.
    ///   - partitions: those that the brokers named; without progress they are open.
    package init(
        hour: Hour, manifest: HourManifest?, files: [Partition: [PlannedFile]], progress: [Partition: Progress],
        epoch: Int = 0, partitions: Set<Partition> = []
    ) {
        let parts = partitions.union(progress.keys).union(files.keys).sorted().map { partition in
            let isOpen = partition.epoch == epoch && progress[partition]?.closedBefore.map { hour < $0 } != true
            return Part(partition, files: files[partition] ?? [], isClosed: !isOpen)
        }
        (self.hour, self.parts) = (hour, parts)
        isSealed = manifest != nil
        revision = manifest?.revision
        lost = manifest?.parts.flatMap(\.lost) ?? progress.values.flatMap(\.lost).filter { $0.mayConcern(hour) }
        let there = Set(files.values.joined().map(\.name))
        let missing = Set(manifest?.parts.flatMap(\.files).map(\.name) ?? []).subtracting(there).count
        missingFiles = missing
        self.files = there.count
        records = parts.map(\.records).reduce(0, +)
        lateRecords = parts.map(\.lateRecords).reduce(0, +)
        deadLetters = parts.map(\.deadLetters).reduce(0, +)
        bytes = parts.map(\.bytes).reduce(0, +)
        let isOpen = parts.contains { !$0.isClosed }
        state =
            manifest != nil
            ? (missing == 0 ? .sealed : .damaged) : isOpen ? .open : there.isEmpty ? .empty : .closed
    }
}

/// How far one partition is stored.
package struct PartitionStatus: Sendable, Encodable, Equatable {
    package var partition: Partition
    package var position: Int64
    /// The partition's end now, if the brokers were asked, else when it was last read.
    package var logEnd: Int64
    package var lag: Int64
    package var drainedAt: String?
    package var closedBefore: Hour?

    package init(progress: Progress, logEnd: Int64?) {
        partition = progress.partition
        position = progress.position
        self.logEnd = logEnd ?? progress.logEnd
        lag = max(0, self.logEnd - position)
        drainedAt = progress.drainedAtMs.map(rfc3339)
        closedBefore = progress.closedBefore
    }
}

/// The whole answer of `loader status`.
package struct StatusReport: Sendable, Encodable, Equatable {
    package var store: String
    package var topic: String
    package var hours: [HourStatus]
    package var partitions: [PartitionStatus]

    package init(store: String, topic: String, hours: [HourStatus], partitions: [PartitionStatus]) {
        (self.store, self.topic, self.hours, self.partitions) = (store, topic, hours, partitions)
    }

    /// For people: a line an hour, then a line a partition.
    package var table: String {
        var hourRows = [["HOUR (UTC)", "FILES", "RECORDS", "LATE", "DEAD", "BYTES", "STATE", "OFFSETS"]]
        for hour in hours {
            hourRows.append([
                hour.hour.description, "\(hour.files)", "\(hour.records)", "\(hour.lateRecords)", "\(hour.deadLetters)",
                "\(hour.bytes)", state(of: hour), offsets(of: hour),
            ])
        }
        var partitionRows = [["PARTITION", "POSITION", "LOG END", "LAG", "CLOSED BEFORE", "DRAINED AT"]]
        for partition in partitions {
            partitionRows.append([
                partition.partition.description, "\(partition.position)", "\(partition.logEnd)", "\(partition.lag)",
                partition.closedBefore?.description ?? "-", partition.drainedAt ?? "-",
            ])
        }
        return "\(topic) in \(store)\n\n" + aligned(hourRows) + "\n" + aligned(partitionRows)
    }

    /// `0:17-140 1:3-99`, for a few partitions.
    private func offsets(of hour: HourStatus) -> String {
        let known = hour.parts.compactMap { part in
            part.offsets.map { "\(part.partition.number):\($0.start)-\($0.end)" }
        }
        return known.prefix(Self.partitionsShown).joined(separator: " ")
            + (known.count > Self.partitionsShown ? " +\(known.count - Self.partitionsShown)" : "")
    }

    private static let partitionsShown = 4

    private func state(of hour: HourStatus) -> String {
        let revision = hour.revision.map { $0 > 1 ? " (revision \($0))" : "" } ?? ""
        let state =
            switch hour.state {
            case .sealed: "sealed" + revision
            case .damaged: "damaged: \(hour.missingFiles) of its files missing"
            case .open where hour.openPartitions.count == hour.parts.count && hour.parts.count > 1: "open: all"
            case .open: "open: " + ranges(of: hour.openPartitions)
            case .closed: "closed, not sealed yet"
            case .empty: "nothing stored"
            }
        return state + (hour.lost.isEmpty ? "" : ", with lost offsets")
    }

    /// `p0-3 p7 p9-39`, for a few ranges.
    private func ranges(of partitions: [Partition]) -> String {
        var ranges: [ClosedRange<Int32>] = []
        for number in partitions.map(\.number).sorted() {
            if let last = ranges.last, number == last.upperBound + 1 {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        let shown = ranges.prefix(Self.partitionsShown)
        let rest = ranges.dropFirst(Self.partitionsShown).reduce(0) { $0 + $1.count }
        return shown.map { $0.count == 1 ? "p\($0.lowerBound)" : "p\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: " ") + (rest > 0 ? " +\(rest)" : "")
    }
}

/// Columns side by side, numbers to the right.
func aligned(_ rows: [[String]]) -> String {
    guard let columns = rows.first?.count else { return "" }
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let areNumbers = (0..<columns).map { column in rows.dropFirst().allSatisfy { Int64($0[column]) != nil } }
    return rows.map { row in
        let cells = row.enumerated().map { column, text in
            let space = String(repeating: " ", count: widths[column] - text.count)
            return areNumbers[column] ? space + text : column == columns - 1 ? text : text + space
        }
        return cells.joined(separator: "  ") + "\n"
    }.joined()
}
