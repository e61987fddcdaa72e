import ArgumentParser
import DatasetPush
import SettingsCommands
import Support

struct Push: SettingsCommand {
    static let table = PushSettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> PushConfiguration {
        try PushConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: PushConfiguration) async -> ExitStatus { await PushCommand.run(settings) }
}

struct Datasets: SettingsCommand {
    static let table = DatasetsSettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> DatasetsConfiguration {
        try DatasetsConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: DatasetsConfiguration) async -> ExitStatus { await DatasetsCommand.run(settings) }
}
