import ArgumentParser
import Foundation

/// Local stand-ins for the services that the product talks to. For development and tests only.
@main
struct DevcloudCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devcloud", abstract: "Local stand-ins for development and tests.",
        subcommands: [APICommand.self, DemoCommand.self, KafkaCommand.self, PublishCommand.self])
}

/// Prints one line of JSON at once, for the program that reads it.
func printLine(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var line = try encoder.encode(value)
    line.append(UInt8(ascii: "\n"))
    FileHandle.standardOutput.write(line)
}
