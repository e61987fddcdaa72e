import Kafka

/// One line of what a test wants of the mock cluster.
struct MockKafkaOrder: Decodable {
    enum Command: String, Decodable {
        case createTopic = "create_topic"
        case pushErrors = "push_errors"
        case clearErrors = "clear_errors"
        case topicError = "topic_error"
        case brokerDown = "broker_down"
        case brokerUp = "broker_up"
        case rtt
        case leader
        case coordinator
        case quit
    }

    /// Kinds of requests, by the names and numbers of the Kafka protocol.
    enum API: String, Decodable {
        case produce = "Produce"
        case fetch = "Fetch"
        case listOffsets = "ListOffsets"
        case metadata = "Metadata"
        case offsetCommit = "OffsetCommit"
        case offsetFetch = "OffsetFetch"
        case findCoordinator = "FindCoordinator"
        case joinGroup = "JoinGroup"
        case heartbeat = "Heartbeat"
        case leaveGroup = "LeaveGroup"
        case syncGroup = "SyncGroup"
        case initProducerID = "InitProducerId"

        var number: Int16 {
            switch self {
            case .produce: 0
            case .fetch: 1
            case .listOffsets: 2
            case .metadata: 3
            case .offsetCommit: 8
            case .offsetFetch: 9
            case .findCoordinator: 10
            case .joinGroup: 11
            case .heartbeat: 12
            case .leaveGroup: 13
            case .syncGroup: 14
            case .initProducerID: 22
            }
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    var command: Command
    var api: API?
    var broker: Int32?
    var code: Int32?
    var codes: [Int32]?
    var group: String?
    var milliseconds: Int32?
    var partition: Int32?
    var partitions: Int?
    var topic: String?

    func carryOut(on cluster: MockKafka) throws {
        switch command {
        case .createTopic:
            try cluster.createTopic(require(topic, "topic"), partitions: require(partitions, "partitions"))
        case .pushErrors:
            cluster.pushErrors(api: try require(api, "api").number, codes: try require(codes, "codes"))
        case .clearErrors:
            cluster.clearErrors(api: try require(api, "api").number)
        case .topicError:
            cluster.setTopicError(try require(topic, "topic"), code: try require(code, "code"))
        case .brokerDown:
            try cluster.setBroker(require(broker, "broker"), isUp: false)
        case .brokerUp:
            try cluster.setBroker(require(broker, "broker"), isUp: true)
        case .rtt:
            try cluster.setRoundTrip(
                broker: require(broker, "broker"), milliseconds: require(milliseconds, "milliseconds"))
        case .leader:
            try cluster.setLeader(
                require(topic, "topic"), partition: require(partition, "partition"), broker: require(broker, "broker"))
        case .coordinator:
            try cluster.setCoordinator(group: require(group, "group"), broker: require(broker, "broker"))
        case .quit:
            break
        }
    }

    private func require<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw Missing(description: "\(command.rawValue) needs \"\(name)\"") }
        return value
    }
}
