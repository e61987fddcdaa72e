import ArgumentParser
import Support
import Tagging

struct Tag: SettingsCommand {
    static let table = TagSettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> TagConfiguration {
        try TagConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: TagConfiguration) async -> ExitStatus { await TagCommand.run(settings) }
}
