import Logging
package import Support

/// The settings of logging, the same for every command.
package enum LogSettings {
    static let format = Setting(
        "log-format", .choice(LogFormat.allCases.map(\.rawValue)), .standard("auto"),
        help: "How log lines on standard error look. auto: text on a terminal, else JSON as Cloud Logging reads it.")
    static let level = Setting(
        "log-level", .choice(Logger.Level.allCases.map(\.rawValue)), .standard("info"),
        help: "The least severe lines that are logged.")

    package static let group = SettingsTable.Group("Logging", [format, level])

    package static func read(_ reader: inout SettingsReader) -> LogConfiguration {
        LogConfiguration(format: reader.choice(format, else: .auto), level: reader.choice(level, else: .info))
    }

    /// How to log although the rest of the settings may be wrong: so that a message about that is written as asked.
    package static func readAlone(_ table: SettingsTable, arguments: [String], environment: [String: String])
        -> LogConfiguration
    {
        var reader = SettingsReader(table, arguments: arguments, environment: environment)
        return read(&reader)
    }
}
