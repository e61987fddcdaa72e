import ArgumentParser
import Loading
import SettingsCommands
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

/// What the hourly schedule runs: `load`, then `tag`.
struct Hourly: SettingsCommand {
    struct Settings {
        var load: LoadConfiguration
        var tag: TagConfiguration
    }

    static let table = SettingsTable.joined(
        [LoadSettings.table, TagSettings.table], as: "loader hourly",
        "Loads what is new, then tags what is stored: 'loader load' and 'loader tag' in one.",
        without: ["follow", "follow-interval", "date", "since", "until", "retag", "dry-run"])
    static let configuration = configured()
    @Argument(parsing: .captureForPassthrough, help: .hidden) var arguments: [String] = []

    func settings(environment: [String: String]) throws(Failure) -> Settings {
        var reader = SettingsReader(Self.table, arguments: arguments, environment: environment)
        // The second throws the problems of both.
        let load: Result<LoadConfiguration, Failure>
        do throws(Failure) { load = .success(try LoadConfiguration(&reader)) } catch { load = .failure(error) }
        let tag = try TagConfiguration(&reader)
        return Settings(load: try load.get(), tag: tag)
    }

    /// What is stored is tagged even if loading failed; a run that had to stop, stops. The first status that is not 0 counts.
    func perform(_ settings: Settings) async -> ExitStatus {
        let started = ContinuousClock.now
        let signals: SignalInbox
        do throws(Failure) {
            // Not after an hour of loading.
            try TagCommand.check(settings.tag)
            signals = try .watching()
        } catch {
            settings.load.log.report(error, program: "loader")
            return error.status
        }
        let loaded = await Loader.load(settings.load, signals: signals)
        guard loaded != .notDrained else { return loaded }
        guard !signals.isReceived else { return loaded == .success ? .notDrained : loaded }
        // Until there is a run of `tag` to stop, a signal ends the process.
        signals.forward(to: SignalInbox.exit(with: loaded))
        var tag = settings.tag
        tag.maxDuration = tag.maxDuration.map { max(.seconds(1), $0 - (ContinuousClock.now - started)) }
        let tagged = await TagCommand.run(tag, signals: signals)
        return loaded == .success ? tagged : loaded
    }
}
