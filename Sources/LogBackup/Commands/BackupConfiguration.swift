package import Braintrust
package import Gzip
package import JobSupport
internal import ObjectStorage
package import Support

/// Everything that `batch-judge backup` was told.
package struct BackupConfiguration: Sendable {
    package var storage: StorageConfiguration
    /// Of what is removed when the backup is whole.
    package var spool: StorageConfiguration
    package var braintrust: BraintrustConfiguration
    package var order: BackupRun.Order
    package var maxDuration: Duration?
    package var shutdownGrace: Duration
    package var gzip: GzipSettings
    /// Where the run's metrics are written.
    package var metricsPath: String?
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String], clock: any WallClock = SystemWallClock())
        throws(Failure)
    {
        var reader = SettingsReader(BackupSettings.table, arguments: arguments, environment: environment)
        let (place, prefix) = BackupPlace.read(&reader)
        storage = StorageSettings.read(&reader, place)
        spool = storage.at(BackupPlace.place(&reader, BackupSettings.spool) ?? place)
        let braintrust = BraintrustSettings.read(&reader)
        order = BackupRun.Order(
            project: reader.text(BraintrustSettings.projectID),
            window: BackupWindow(date: BackupPlace.date(&reader, clock), days: reader.integer(BackupSettings.days)),
            prefix: prefix, formats: Self.formats(&reader),
            csv: CSVOptions(
                byteOrderMark: reader.flag(BackupSettings.byteOrderMark),
                guardsFormulas: reader.flag(BackupSettings.formulaGuard)),
            maxColumns: reader.integer(BackupSettings.maxColumns), replaces: reader.flag(BackupSettings.overwrite))
        maxDuration = reader.optionalDuration(BackupSettings.maxDuration)
        shutdownGrace = reader.duration(BackupSettings.shutdownGrace)
        gzip = CompressionSettings.read(&reader)
        metricsPath = reader.outputPath(BackupSettings.metricsFile)
        log = LogSettings.read(&reader)
        try reader.finish()
        guard let braintrust else { throw Failure(.usage, "a required setting is missing") }
        self.braintrust = braintrust
    }

    private static func formats(_ reader: inout SettingsReader) -> [BackupFormat] {
        // Each flag may hold several, too.
        let given = reader.list(BackupSettings.format).flatMap(SettingsReader.split)
        let formats = given.compactMap { BackupFormat(rawValue: $0.lowercased()) }
        if formats.count < given.count || formats.isEmpty {
            let names = BackupFormat.allCases.map(\.rawValue).joined(separator: ", ")
            reader.reject(BackupSettings.format, expected: "one or several of \(names)")
        }
        return BackupFormat.allCases.filter(formats.contains)
    }
}

/// Everything that `batch-judge backup verify` was told.
package struct BackupVerifyConfiguration: Sendable {
    package var storage: StorageConfiguration
    package var prefix: String
    package var date: CivilDate
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String], clock: any WallClock = SystemWallClock())
        throws(Failure)
    {
        var reader = SettingsReader(BackupSettings.verifyTable, arguments: arguments, environment: environment)
        let place: StoragePlace
        (place, prefix) = BackupPlace.read(&reader)
        storage = StorageSettings.read(&reader, place)
        date = BackupPlace.date(&reader, clock)
        log = LogSettings.read(&reader)
        try reader.finish()
    }
}

/// What both commands are told the same way.
private enum BackupPlace {
    static func read(_ reader: inout SettingsReader) -> (StoragePlace, prefix: String) {
        let place = place(&reader, BackupSettings.bucket)
        let prefix = reader.optionalValue(
            BackupSettings.prefix, expected: "a folder such as logs/, without control characters, .. and //", folder)
        return (place ?? StoragePlace(.directory(path: "/"), by: BackupSettings.bucket), prefix ?? "")
    }

    static func place(_ reader: inout SettingsReader, _ setting: Setting) -> StoragePlace? {
        reader.optionalValue(setting, expected: "a bucket's name, gs://BUCKET/FOLDER or file:///DIRECTORY") { text in
            StorageLocation(url: text.contains("://") ? text : "gs://\(text)").map { StoragePlace($0, by: setting) }
        }
    }

    /// Where the day begins earlier than by UTC, the one before it is not over yet.
    static func date(_ reader: inout SettingsReader, _ clock: any WallClock) -> CivilDate {
        let over = clock.now().flooredDivision(by: 86_400_000)
        let today = min(DaySettings.today(&reader, clock).daysSince1970, over)
        guard let date = reader.date(BackupSettings.date) else { return CivilDate(daysSince1970: today) }
        if date.daysSince1970 > over {
            reader.reject(BackupSettings.date, expected: "a day that has begun by UTC; the rows are of days before it")
        }
        return date
    }

    /// Empty, or with a slash at the end only.
    private static func folder(_ text: String) -> String? {
        if text == "/" { return "" }
        let folder = text.hasSuffix("/") ? text : text + "/"
        let isName = (try? checkName(folder + "x", in: "")) != nil
        return isName && !folder.hasPrefix("/") ? folder : nil
    }
}
