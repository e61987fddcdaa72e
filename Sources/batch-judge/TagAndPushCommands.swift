import ArgumentParser
import LogTagging
import SettingsCommands
import Support

struct TagAndPush: SettingsCommand {
    static let table = TagAndPushSettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> TagAndPushConfiguration {
        try TagAndPushConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: TagAndPushConfiguration) async -> ExitStatus { await TagAndPushCommand.run(settings) }
}
