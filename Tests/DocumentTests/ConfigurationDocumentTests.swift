import DatasetPush
import Foundation
import Judging
import Loading
import LogBackup
import LogTagging
import Support
import Tagging
import Testing

extension SettingsTable: CustomTestStringConvertible {
    package var testDescription: String { command }
}

/// `docs/configuration.md` says what the programs take.
struct ConfigurationDocumentTests {
    private static let tables = [
        LoadSettings.table, StatusSettings.table, VerifySettings.table, RestoreSettings.table, TagSettings.table,
        JudgeSettings.runTable, JudgeSettings.triggerTable, JudgeSettings.assembleTable, JudgeSettings.submitTable,
        JudgeSettings.collectTable, JudgeSettings.promptTable, PushSettings.table, DatasetsSettings.table,
        BackupSettings.table, BackupSettings.verifyTable, TagAndPushSettings.table,
    ]
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/configuration.md")

    @Test(arguments: tables)
    func namesAreUnique(table: SettingsTable) {
        #expect(Set(table.settings.map(\.name)).count == table.settings.count)
        #expect(Set(table.settings.map(\.environment)).count == table.settings.count)
    }

    /// Defaults go through the same rules as what a user gives.
    @Test(arguments: tables)
    func defaultsAreAllowed(table: SettingsTable) {
        for setting in table.settings {
            guard case .standard(let text) = setting.presence else { continue }
            var reader = SettingsReader(table, arguments: [], environment: [:])
            switch setting.kind {
            case .integer: _ = reader.optionalInteger(setting)
            case .duration: _ = reader.optionalDuration(setting)
            case .size: _ = reader.size(setting)
            case .choice: _ = reader.optionalChoiceText(setting)
            case .flag: _ = reader.flag(setting)
            case .text: _ = reader.optionalText(setting)
            }
            #expect(throws: Never.self, "\(setting.name) \(text)") { try reader.finish() }
        }
    }

    @Test func documentNamesEveryExitStatusAndFailpoint() throws {
        let document = try String(contentsOf: Self.file, encoding: .utf8)
        for status in ExitStatus.allCases { #expect(document.contains("\n| \(status.rawValue) | ")) }
        for point in Failpoint.allCases { #expect(document.contains("`\(point.rawValue)`")) }
    }

    /// UPDATE_DOCS=1 writes the tables instead of comparing them.
    @Test func documentHoldsTheTables() throws {
        var document = try String(contentsOf: Self.file, encoding: .utf8)
        for table in Self.tables {
            let begin = "<!-- settings of \(table.command) -->\n"
            let start = try #require(document.range(of: begin), "no place for \(table.command)").upperBound
            let end = try #require(document.range(of: "\n<!-- end -->", range: start..<document.endIndex)).lowerBound
            if ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1" {
                document.replaceSubrange(start..<end, with: table.markdown)
            }
            #expect(document.contains(begin + table.markdown + "\n<!-- end -->"), "run with UPDATE_DOCS=1")
        }
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1" {
            try document.write(to: Self.file, atomically: true, encoding: .utf8)
        }
    }
}
