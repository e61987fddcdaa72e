internal import Bytes
package import Support

/// What a file of a backup is.
package enum BackupFormat: String, Sendable, Codable, CaseIterable {
    case csv
    case csvGzip = "csv.gz"
    /// Each row as Braintrust gave it: nothing is lost.
    case jsonl
    case jsonlGzip = "jsonl.gz"

    package var isTable: Bool { self == .csv || self == .csvGzip }
    package var isCompressed: Bool { self == .csvGzip || self == .jsonlGzip }

    package var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .jsonl: "application/x-ndjson"
        case .csvGzip, .jsonlGzip: "application/gzip"
        }
    }
}

/// Whole days of UTC, so that to ask again is to ask the same: those before `date`, not the day itself.
package struct BackupWindow: Sendable, Equatable {
    package var date: CivilDate
    package var days: Int

    package init(date: CivilDate, days: Int) { (self.date, self.days) = (date, days) }

    package var since: Milliseconds { until - Int64(days) * 86_400_000 }
    package var until: Milliseconds { date.daysSince1970 * 86_400_000 }
}

/// Where the objects of one backup lie.
package struct BackupNames: Sendable, Equatable {
    private let prefix: String
    private let window: BackupWindow
    private let projectID: String

    /// - Parameter prefix: empty, or a folder with its slash.
    package init(prefix: String, window: BackupWindow, projectID: String) {
        (self.prefix, self.window, self.projectID) = (prefix, window, projectID)
    }

    package func file(_ format: BackupFormat) -> String { "\(prefix)\(window.date).\(format.rawValue)" }
    package var manifest: String { "\(prefix)\(window.date)\(Self.manifestEnd)" }
    private static let manifestEnd = ".manifest.json"

    /// The day up to which there are logs in an earlier backup, if there is a gap between it and this one.
    /// - Parameter objects: the names of what is in the folder.
    package func gap(after objects: [String]) -> CivilDate? {
        let dates = objects.compactMap { name in
            name.hasPrefix(prefix) && name.hasSuffix(Self.manifestEnd)
                ? CivilDate(name.dropFirst(prefix.count).dropLast(Self.manifestEnd.count)) : nil
        }
        let earlier = dates.filter { $0.daysSince1970 < window.date.daysSince1970 }
        let last = earlier.max { $0.daysSince1970 < $1.daysSince1970 }
        return last.flatMap { $0.daysSince1970 * 86_400_000 < window.since ? $0 : nil }
    }

    /// What was read and is in no file yet. Other projects and windows have another one.
    package var spool: String {
        "\(prefix)_spool/\(work)/"
    }

    /// Notes of rows that cannot be read.
    package var unreadable: String { "\(prefix)_unreadable/\(work)/" }

    private var work: String {
        let project = String(CRC32C.of(Array(projectID.utf8)), radix: 16)
        return "\(window.date)-\(window.days)d-\(project)"
    }
}

/// The object that says that a backup is whole. Written last.
package struct BackupManifest: Sendable, Equatable, Codable {
    package static let currentVersion = 1

    package struct File: Sendable, Equatable, Codable {
        package var format: BackupFormat
        package var name: String
        /// Of the object as it is stored.
        package var bytes: Int64
        package var crc32c: UInt32
        /// Behind the header.
        package var rows: Int

        package init(format: BackupFormat, name: String, bytes: Int64, crc32c: UInt32, rows: Int) {
            (self.format, self.name, self.bytes, self.crc32c, self.rows) = (format, name, bytes, crc32c, rows)
        }
    }

    /// What was asked for: a backup of the same is not made twice.
    package struct Order: Sendable, Equatable, Codable {
        package var projectId: String
        /// RFC 3339; rows created from `since` on and before `until`.
        package var since: String
        package var until: String
        package var formats: [BackupFormat]
        package var csv: CSVOptions
        package var maxColumns: Int

        package init(
            projectID: String, window: BackupWindow, formats: [BackupFormat], csv: CSVOptions, maxColumns: Int
        ) {
            (projectId, self.formats, self.csv, self.maxColumns) = (projectID, formats, csv, maxColumns)
            (since, until) = (rfc3339(window.since), rfc3339(window.until))
        }
    }

    package var version = BackupManifest.currentVersion
    package var order: Order
    package var rows: Int
    /// Rows that could not be read and are in no file; nil: none.
    package var unreadableRows: Int?
    /// The names of the CSV's columns, in their order; empty without CSV.
    package var columns: [String]
    package var files: [File]
    package var writtenAtMs: Milliseconds

    package init(order: Order, rows: Int, columns: [String], files: [File], writtenAtMs: Milliseconds) {
        (self.order, self.rows, self.columns, self.files) = (order, rows, columns, files)
        self.writtenAtMs = writtenAtMs
    }
}
