import ArgumentParser
import Support

@main
struct LoaderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loader",
        abstract: "Keeps the records of a Kafka topic as hourly gzipped JSON lines, exactly once.",
        discussion: "Settings are flags or environment variables: 'loader load --help' lists those of 'load'.",
        version: BuildInfo.version, subcommands: [Load.self, Status.self, Verify.self, Restore.self])
}
