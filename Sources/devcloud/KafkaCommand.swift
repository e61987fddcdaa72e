import ArgumentParser
import Foundation
import Kafka

/// A topic to create: `name:partitions`.
struct TopicOption: ExpressibleByArgument {
    var name: String
    var partitions: Int

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, let partitions = Int(parts[1]), partitions > 0 else { return nil }
        (name, self.partitions) = (String(parts[0]), partitions)
    }
}

struct KafkaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka", abstract: "Run a mock Kafka cluster until standard input ends.",
        discussion: """
            Prints {"bootstrap_servers": …} when it is ready. Then obeys one JSON object a line on standard input and \
            answers each with one line: {"ok": true} or {"error": …, "ok": false}.

              {"command": "create_topic", "topic": "t", "partitions": 4}
              {"command": "push_errors", "api": "Fetch", "codes": [6, -195]}     -195 closes the connection
              {"command": "clear_errors", "api": "Fetch"}
              {"command": "topic_error", "topic": "t", "code": 3}                0 ends it
              {"command": "broker_down", "broker": 1}
              {"command": "broker_up", "broker": 1}
              {"command": "rtt", "broker": 1, "milliseconds": 200}
              {"command": "leader", "topic": "t", "partition": 0, "broker": 2}
              {"command": "coordinator", "group": "g", "broker": 2}
              {"command": "quit"}

            Each partition keeps about its last 5 MiB.
            """)

    @Option(help: ArgumentHelp("Number of brokers.", valueName: "n"))
    var brokers = 1

    @Option(help: ArgumentHelp("A topic to create; repeat for more.", valueName: "name:partitions"))
    var topic: [TopicOption] = []

    func validate() throws {
        guard (1...100).contains(brokers) else { throw ValidationError("--brokers must be 1 to 100.") }
    }

    func run() throws {
        _ = signal(SIGTERM) { _ in _exit(0) }
        let cluster = try MockKafka(brokers: brokers)
        for topic in topic { try cluster.createTopic(topic.name, partitions: topic.partitions) }
        try printLine(["bootstrap_servers": cluster.bootstrapServers])
        while let line = readLine() {
            do {
                let order = try JSONDecoder().decode(MockKafkaOrder.self, from: Data(line.utf8))
                try order.carryOut(on: cluster)
                try printLine(MockKafkaAnswer(ok: true))
                if order.command == .quit { return }
            } catch is DecodingError {
                try printLine(MockKafkaAnswer(ok: false, error: "not a command that devcloud help kafka lists"))
            } catch {
                try printLine(MockKafkaAnswer(ok: false, error: "\(error)"))
            }
        }
    }
}

struct MockKafkaAnswer: Encodable {
    var ok: Bool
    var error: String?
}
