import ArgumentParser
import LogBackup
import SettingsCommands
import Support

/// `backup` alone makes one.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: BackupSettings.table.summary, subcommands: [BackupMake.self, BackupVerify.self],
        defaultSubcommand: BackupMake.self, helpNames: [])
}

struct BackupMake: SettingsCommand {
    static let table = BackupSettings.table
    static let configuration = configured(as: "make")
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> BackupConfiguration {
        try BackupConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: BackupConfiguration) async -> ExitStatus { await BackupCommand.run(settings) }
}

struct BackupVerify: SettingsCommand {
    static let table = BackupSettings.verifyTable
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> BackupVerifyConfiguration {
        try BackupVerifyConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: BackupVerifyConfiguration) async -> ExitStatus { await BackupCommand.verify(settings) }
}
