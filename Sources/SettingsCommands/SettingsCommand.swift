package import ArgumentParser
internal import JobSupport
package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A command whose settings the library describes and reads: all of its arguments are passed on.
package protocol SettingsCommand: AsyncParsableCommand {
    associatedtype Settings
    static var table: SettingsTable { get }
    var arguments: [String] { get }

    func settings(environment: [String: String]) throws(Failure) -> Settings
    func perform(_ settings: Settings) async -> ExitStatus
}

extension SettingsCommand {
    /// - Parameter name: where it is not the last word of the table's command.
    package static func configured(as name: String? = nil) -> CommandConfiguration {
        CommandConfiguration(
            commandName: name ?? words.last, abstract: table.summary,
            usage: "\(table.command) [--name value | --name=value] …",
            discussion: "'\(table.command) --help' lists every setting.", helpNames: [])
    }

    /// Of the table's command: the program, and the command in it.
    private static var words: [String] { table.command.split(separator: " ").map(String.init) }

    package func run() async throws {
        if arguments.contains(where: { $0 == "--help" || $0 == "-h" }) {
            print(Self.table.help + "\n\nExamples and exit statuses: '\(Self.words[0]) --help'.")
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
                .report(error, program: Self.words[0])
            throw ExitCode(error.status.rawValue)
        }
        throw ExitCode(await perform(settings).rawValue)
    }
}
