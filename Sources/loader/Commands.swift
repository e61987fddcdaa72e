import ArgumentParser
import Loading
import SettingsCommands
import Support

struct Load: SettingsCommand {
    static let table = LoadSettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> LoadConfiguration {
        try LoadConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: LoadConfiguration) async -> ExitStatus { await Loader.load(settings) }
}

struct Status: SettingsCommand {
    static let table = StatusSettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> StatusConfiguration {
        try StatusConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: StatusConfiguration) async -> ExitStatus { await Loader.status(settings) }
}

struct Verify: SettingsCommand {
    static let table = VerifySettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> VerifyConfiguration {
        try VerifyConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: VerifyConfiguration) async -> ExitStatus { await Loader.verify(settings) }
}

struct Restore: SettingsCommand {
    static let table = RestoreSettings.table
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> RestoreConfiguration {
        try RestoreConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: RestoreConfiguration) async -> ExitStatus { await Loader.restore(settings) }
}
