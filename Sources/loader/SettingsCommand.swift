import ArgumentParser
import JobSupport
import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A command whose settings the library describes and reads: all of its arguments are passed on.
protocol SettingsCommand: AsyncParsableCommand {
    associatedtype Settings
    static var table: SettingsTable { get }
    var arguments: [String] { get }

    func settings(environment: [String: String]) throws(Failure) -> Settings
    func perform(_ settings: Settings) async -> ExitStatus
}

extension SettingsCommand {
    static func configured() -> CommandConfiguration {
        CommandConfiguration(
            abstract: table.summary, usage: "\(table.command) [--name value | --name=value] …",
            discussion: "'\(table.command) --help' lists every setting.", helpNames: [])
    }

    func run() async throws {
        if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) {
            print(Self.table.help + "\n\nExamples and exit statuses: 'loader --help'.")
            return
        }
        if arguments.contains("--version") {
            print(BuildInfo.version)
            return
        }
        let environment = ProcessInfo.processInfo.environment
        let settings: Settings
        do throws(Failure) {
            settings = try self.settings(environment: environment)
        } catch {
            LogSettings.readAlone(Self.table, arguments: arguments, environment: environment)
                .report(error, program: "loader")
            throw ExitCode(error.status.rawValue)
        }
        throw ExitCode(await perform(settings).rawValue)
    }
}
