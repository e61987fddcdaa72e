import ArgumentParser
import Judging
import SettingsCommands
import Support

struct Run: SettingsCommand {
    static let table = JudgeSettings.runTable
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> JudgeConfiguration {
        try JudgeConfiguration(
            Self.table, steps: [.assemble, .submit, .collect], arguments: arguments, environment: environment)
    }

    func perform(_ settings: JudgeConfiguration) async -> ExitStatus { await JudgeCommand.run(settings) }
}

struct Trigger: SettingsCommand {
    static let table = JudgeSettings.triggerTable
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> JudgeConfiguration {
        try JudgeConfiguration(Self.table, steps: [.assemble, .submit], arguments: arguments, environment: environment)
    }

    func perform(_ settings: JudgeConfiguration) async -> ExitStatus { await JudgeCommand.run(settings) }
}

struct Assemble: SettingsCommand {
    static let table = JudgeSettings.assembleTable
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> JudgeConfiguration {
        try JudgeConfiguration(Self.table, steps: .assemble, arguments: arguments, environment: environment)
    }

    func perform(_ settings: JudgeConfiguration) async -> ExitStatus { await JudgeCommand.run(settings) }
}

struct Submit: SettingsCommand {
    static let table = JudgeSettings.submitTable
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> JudgeConfiguration {
        try JudgeConfiguration(Self.table, steps: .submit, arguments: arguments, environment: environment)
    }

    func perform(_ settings: JudgeConfiguration) async -> ExitStatus { await JudgeCommand.run(settings) }
}

struct Collect: SettingsCommand {
    static let table = JudgeSettings.collectTable
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> JudgeConfiguration {
        try JudgeConfiguration(Self.table, steps: .collect, arguments: arguments, environment: environment)
    }

    func perform(_ settings: JudgeConfiguration) async -> ExitStatus { await JudgeCommand.run(settings) }
}

struct Prompt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks after the judge's prompt file.", subcommands: [PromptCheckCommand.self])
}

struct PromptCheckCommand: SettingsCommand {
    static let table = JudgeSettings.promptTable
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> PromptCheckConfiguration {
        try PromptCheckConfiguration(arguments: arguments, environment: environment)
    }

    func perform(_ settings: PromptCheckConfiguration) async -> ExitStatus { await PromptCheck.run(settings) }
}
