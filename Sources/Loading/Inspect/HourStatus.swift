package import Interactions
package import Support

/// What `loader status` knows of one hour: the answer to "is hour 13 complete?".
package struct HourStatus: Sendable, Encodable, Equatable {
    package struct Part: Sendable, Encodable, Equatable {
        package var partition: Partition
        package var files: Int
        package var records: Int
        package var late: Int
        package var deadLetters: Int
        /// Of the lines, before compression.
        package var bytes: Int64
        /// From the first record's to behind the last one's; nil without files.
        package var offsets: OffsetRange?
        /// No record of this hour can come any more that is not late.
        package var isClosed: Bool
    }

    package var hour: Hour
    package var isSealed: Bool
    /// Of the manifest.
    package var revision: Int?
    package var parts: [Part]
    package var lost: [LostRange]

    package var files: Int { parts.map(\.files).reduce(0, +) }
    package var records: Int { parts.map(\.records).reduce(0, +) }
    package var late: Int { parts.map(\.late).reduce(0, +) }
    package var deadLetters: Int { parts.map(\.deadLetters).reduce(0, +) }
    package var bytes: Int64 { parts.map(\.bytes).reduce(0, +) }
    /// The partitions that keep the hour open.
    package var openPartitions: [Partition] { parts.filter { !$0.isClosed }.map(\.partition) }

    package init(
        hour: Hour, manifest: HourManifest?, files: [Partition: [PlannedFile]], progress: [Partition: Progress]
    ) {
        self.hour = hour
        isSealed = manifest != nil
        revision = manifest?.revision
        lost = manifest?.parts.flatMap(\.lost) ?? progress.values.flatMap(\.lost).filter { $0.mayConcern(hour) }
        parts = Set(files.keys).union(progress.keys).sorted().map { partition in
            let files = files[partition] ?? []
            func count(_ kind: FileKind) -> Int { files.filter { $0.kind == kind }.map(\.records).reduce(0, +) }
            let closedBefore = progress[partition]?.closedBefore
            let first = files.map(\.firstOffset).min()
            let end = files.map { $0.lastOffset + 1 }.max()
            return Part(
                partition: partition, files: files.count, records: count(.onTime), late: count(.late),
                deadLetters: count(.deadLetter), bytes: files.map(\.lineBytes).reduce(0, +),
                offsets: first.flatMap { first in end.map { OffsetRange(first, $0) } },
                isClosed: closedBefore.map { hour < $0 } ?? false)
        }
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
                hour.hour.description, "\(hour.files)", "\(hour.records)", "\(hour.late)", "\(hour.deadLetters)",
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
        let lost = hour.lost.isEmpty ? "" : ", with lost offsets"
        if hour.isSealed { return "sealed" + (hour.revision.map { $0 > 1 ? " (revision \($0))" : "" } ?? "") + lost }
        let open = hour.openPartitions.map(\.description).joined(separator: " ")
        if !open.isEmpty { return "open: \(open)" + lost }
        // Sealing begins with the first hour that has files.
        return (hour.files == 0 ? "nothing stored" : "closed, not sealed yet") + lost
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
