/// How a consumer group shares partitions out (`partition.assignment.strategy`).
package enum AssignmentStrategy: String, Sendable, CaseIterable {
    case range
    case cooperativeSticky = "cooperative-sticky"
}

/// What a consumer of one topic needs to know.
package struct KafkaConsumerConfiguration: Sendable {
    /// Which records of transactions are read (`isolation.level`).
    package enum IsolationLevel: String, Sendable, CaseIterable {
        case readCommitted = "read_committed"
        case readUncommitted = "read_uncommitted"
    }

    /// What to do when more has arrived than the reader takes.
    enum BackPressure: Sendable {
        /// Leave records in librdkafka's queue, for which it stops fetching until there is room again.
        case hold
        /// Keep librdkafka's queue empty and pause partitions: before 2.2 a full queue costs a second each time.
        case pause
    }

    /// `host:port` of one or more brokers, separated by commas.
    package var brokers: String
    package var topic: String
    package var groupID: String
    /// librdkafka properties of the user's own; they win over the defaults of this type. Values may be secrets.
    package var properties: [(name: String, value: String)]
    /// Of SASL OAUTHBEARER.
    package var tokens: KafkaTokenProvider?
    package var assignmentStrategy: AssignmentStrategy
    /// Makes the member static (`group.instance.id`): a restart within the session timeout causes no rebalance.
    package var instanceID: String?
    package var isolationLevel: IsolationLevel
    /// How brokers' logs name this client (`client.id`).
    package var clientID: String
    /// Bytes of records that may wait between the brokers and the reader, about; a single larger record is still read.
    package var bufferBytes: Int
    /// nil lets the version of librdkafka decide.
    var backPressure: BackPressure?

    package init(
        brokers: String, topic: String, groupID: String, properties: [(name: String, value: String)] = [],
        tokens: KafkaTokenProvider? = nil,
        assignmentStrategy: AssignmentStrategy = .range, instanceID: String? = nil,
        isolationLevel: IsolationLevel = .readCommitted, clientID: String = "loader",
        bufferBytes: Int = 64 * 1024 * 1024
    ) {
        (self.brokers, self.topic, self.groupID, self.properties) = (brokers, topic, groupID, properties)
        (self.tokens, self.assignmentStrategy, self.instanceID) = (tokens, assignmentStrategy, instanceID)
        (self.isolationLevel, self.clientID, self.bufferBytes) = (isolationLevel, clientID, bufferBytes)
    }

    /// Properties that this program's guarantees rest on; a user who sets one is told so.
    package static let reserved: [String: String] = [
        "auto.offset.reset": "a lost offset must be seen, not skipped",
        "bootstrap.servers": "give the brokers by their own setting",
        "metadata.broker.list": "give the brokers by their own setting",
        "enable.auto.commit": "offsets are committed after the files are stored",
        "enable.auto.offset.store": "offsets are committed after the files are stored",
        "enable.partition.eof": "the end of a partition must be seen",
        "group.id": "give the consumer group by its own setting",
        "isolation.level": "a chunk that is read again must hold what it held before",
        "sasl.oauthbearer.config": "the tokens of OAUTHBEARER are Google's",
        "sasl.oauthbearer.method": "the tokens of OAUTHBEARER are Google's",
        "enable.sasl.oauthbearer.unsecure.jwt": "the tokens of OAUTHBEARER are Google's",
    ]

    /// In the order in which they are set: what follows wins.
    var required: [(name: String, value: String)] {
        let fetchBytes = min(max(bufferBytes / 8, 1024 * 1024), 16 * 1024 * 1024)
        return [
            ("bootstrap.servers", brokers),
            ("group.id", groupID),
            ("client.id", clientID),
            ("partition.assignment.strategy", assignmentStrategy.rawValue),
            ("isolation.level", isolationLevel.rawValue),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("enable.partition.eof", "true"),
            ("topic.metadata.propagation.max.ms", "5000"),  // how long an unknown topic may be a new one
            ("socket.keepalive.enable", "true"),
            ("socket.nagle.disable", "true"),
            ("log.connection.close", "false"),
            ("statistics.interval.ms", "0"),
            // Memory. The queue's limits are for all partitions together; one record costs about a kilobyte or more.
            ("queued.max.messages.kbytes", String(max(bufferBytes / 2, 2 * fetchBytes) / 1024)),
            ("queued.min.messages", String(max(bufferBytes / 1024, 1000))),
            ("fetch.max.bytes", String(fetchBytes)),
            ("max.partition.fetch.bytes", String(min(fetchBytes, 4 * 1024 * 1024))),
            // A record larger than the limits above still comes, alone, and must pass this one.
            ("receive.message.max.bytes", String(128 * 1024 * 1024)),
            // How long a broker that has nothing waits before it says so: the end of a partition is seen no sooner.
            ("fetch.wait.max.ms", "100"),
            ("fetch.error.backoff.ms", "100"),
            ("reconnect.backoff.ms", "100"),
            ("reconnect.backoff.max.ms", "5000"),
        ] + (instanceID.map { [("group.instance.id", $0)] } ?? [])
    }

    /// Set where the installed librdkafka knows them.
    static let optional: [(name: String, value: String)] = [
        ("fetch.queue.backoff.ms", "5")  // since 2.2; see `BackPressure`
    ]
}
