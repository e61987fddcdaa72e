import ArgumentParser
import Foundation
import Kafka
import Support

/// Local stand-ins for the services that the product talks to. For development and tests only.
@main
struct DevcloudCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devcloud", abstract: "Local stand-ins for development and tests.",
        subcommands: [APICommand.self, DemoCommand.self, KafkaCommand.self, PublishCommand.self])

    /// Failures end it in the loader's way: with a sentence, and a status that tells them apart.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            end(failure)
        } catch let error as KafkaError {
            end(error.failure)
        } catch {
            exit(withError: error)
        }
    }

    private static func end(_ failure: Failure) -> Never {
        LogConfiguration(format: .text).report(failure, program: "devcloud")
        Foundation.exit(failure.status.rawValue)
    }
}

/// Prints one line of JSON at once, for the program that reads it.
func printLine(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var line = try encoder.encode(value)
    line.append(UInt8(ascii: "\n"))
    FileHandle.standardOutput.write(line)
}
