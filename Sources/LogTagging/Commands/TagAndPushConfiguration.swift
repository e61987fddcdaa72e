package import Braintrust
internal import Bytes
internal import DatasetPush
internal import Interactions
internal import JobSupport
internal import ObjectStorage
internal import Records
package import Support
package import Tagging

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Everything that `batch-judge tag-and-push` was told.
package struct TagAndPushConfiguration: Sendable {
    package var phase: Phase
    package var window: LogWindow
    /// The folder of the file, and its name in it.
    package var folder: String
    package var fileName: String
    /// By id or by name.
    package var project: String
    package var braintrust: BraintrustConfiguration
    /// Its place is not known before the project is.
    package var tag: TagConfiguration
    /// Where the metrics of the push are written; tagging has its own.
    package var metricsPath: String?
    package var log: LogConfiguration { tag.log }

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(
        arguments: [String], environment: [String: String],
        currentDirectory: String = FileManager.default.currentDirectoryPath
    ) throws(Failure) {
        var reader = SettingsReader(TagAndPushSettings.table, arguments: arguments, environment: environment)
        phase = reader.choice(TagAndPushSettings.phase, else: .all)
        window = Self.window(&reader)
        let path = Self.path(&reader, currentDirectory)
        let braintrust = BraintrustSettings.read(&reader)
        project = reader.text(BraintrustSettings.projectID)
        metricsPath = reader.outputPath(PushSettings.metricsFile)
        var place = TagPlace(storage: StorageConfiguration(location: .directory(path: "/")), topic: Self.topic)
        // To push, no model is asked.
        place.isDryRun = phase == .push
        tag = try TagConfiguration(&reader, place: place)
        tag.place.isDryRun = false
        guard let braintrust, let path else { throw Failure(.usage, "a required setting is missing") }
        self.braintrust = braintrust
        (folder, fileName) = path
        // Logs without an id of their own have this one, which is the same for every run.
        tag.fields.otherID = JSONPointer("/_pagination_key")
    }

    /// What stands for a topic in the names of the work's objects.
    package static let topic = "project-logs"

    /// Where work under way is kept.
    package func workFolder(_ projectID: String) -> String {
        let isPlain = { (byte: UInt8) in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        let name = String(decoding: projectID.utf8.map { isPlain($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        return "\(folder == "/" ? "" : folder)/.tag-and-push/\(name)"
    }

    private static func window(_ reader: inout SettingsReader) -> LogWindow {
        func time(_ setting: Setting) -> Milliseconds? {
            reader.optionalValue(setting, expected: "a time such as 2026-11-20T08:00:00Z, or a date") { text in
                if let date = CivilDate(text) { return date.daysSince1970 * 86_400_000 }
                return Array("\"\(text)\"".utf8).withUnsafeBytes { EventTime.parse(json: $0) }
            }
        }
        let (since, until) = (time(TagAndPushSettings.since), time(TagAndPushSettings.until))
        if reader.isGiven(TagAndPushSettings.until), !reader.isGiven(TagAndPushSettings.since) {
            reader.report("\(TagAndPushSettings.until.bothNames) needs \(TagAndPushSettings.since.bothNames)")
        }
        if reader.isGiven(TagAndPushSettings.since), reader.isGiven(TagAndPushSettings.hours) {
            reader.report("\(TagAndPushSettings.since.bothNames) goes without \(TagAndPushSettings.hours.bothNames)")
        }
        if let since, let until, until <= since {
            reader.reject(TagAndPushSettings.until, expected: "a time after \(TagAndPushSettings.since.flag)")
        }
        if let since { return .times(since: since, until: until) }
        return .hours(reader.integer(TagAndPushSettings.hours))
    }

    private static func path(_ reader: inout SettingsReader, _ currentDirectory: String)
        -> (folder: String, name: String)?
    {
        let expected = "the path of a file on a disk (a bucket can be mounted), without .., % and ://"
        return reader.optionalValue(TagAndPushSettings.file, expected: expected) { text in
            guard !text.contains("://") else { return nil }
            let path = text.hasPrefix("/") ? text : "\(currentDirectory)/\(text)"
            guard let slash = path.lastIndex(of: "/") else { return nil }
            let (folder, name) = (String(path[..<slash]), String(path[path.index(after: slash)...]))
            let isPlace = StorageLocation(url: "file://\(folder.isEmpty ? "/" : folder)") != nil
            guard isPlace, (try? checkName(name, in: "")) != nil else { return nil }
            return (folder.isEmpty ? "/" : folder, name)
        }
    }
}
