package import Support

/// What a producer to one topic needs to know.
package struct KafkaProducerConfiguration: Sendable {
    /// `host:port` of one or more brokers, separated by commas.
    package var brokers: String
    package var topic: String
    /// librdkafka properties of the user's own; they win over the defaults of this type. Values may be secrets.
    package var properties: [(name: String, value: String)]
    /// Of SASL OAUTHBEARER.
    package var tokens: KafkaTokenProvider?
    /// How brokers' logs name this client (`client.id`).
    package var clientID: String
    /// A record that is not confirmed after this long has failed.
    package var timeout: Duration
    /// Bytes of records that may wait for the brokers.
    package var bufferBytes: Int

    package init(
        brokers: String, topic: String, properties: [(name: String, value: String)] = [],
        tokens: KafkaTokenProvider? = nil, clientID: String = "loader", timeout: Duration = .seconds(60),
        bufferBytes: Int = 64 * 1024 * 1024
    ) {
        (self.brokers, self.topic, self.properties, self.tokens) = (brokers, topic, properties, tokens)
        (self.clientID, self.timeout, self.bufferBytes) = (clientID, timeout, bufferBytes)
    }

    static let reserved: [String: String] = [
        "bootstrap.servers": "give the brokers by their own setting",
        "metadata.broker.list": "give the brokers by their own setting",
    ]

    var required: [(name: String, value: String)] {
        [
            ("bootstrap.servers", brokers),
            ("client.id", clientID),
            ("enable.idempotence", "true"),
            ("delivery.timeout.ms", String(timeout.wholeMilliseconds)),
            ("queue.buffering.max.kbytes", String(max(bufferBytes / 1024, 1024))),
            ("queue.buffering.max.messages", String(max(bufferBytes / 512, 1000))),
            ("linger.ms", "5"),
            ("batch.size", "1000000"),
            ("message.max.bytes", String(32 * 1024 * 1024)),  // the broker's own limit decides
            ("socket.nagle.disable", "true"),
            ("socket.keepalive.enable", "true"),
            ("log.connection.close", "false"),
            ("reconnect.backoff.max.ms", "5000"),
        ]
    }
}

/// A record to be produced.
package struct ProducerRecord: Sendable {
    package var key: [UInt8]?
    /// nil: a tombstone.
    package var value: [UInt8]?
    package var headers: [RecordHeader]
    /// nil: the key decides, or chance when there is none.
    package var partition: Int32?
    /// nil: now.
    package var timestamp: Milliseconds?

    package init(
        key: [UInt8]? = nil, value: [UInt8]?, headers: [RecordHeader] = [], partition: Int32? = nil,
        timestamp: Milliseconds? = nil
    ) {
        (self.key, self.value, self.headers) = (key, value, headers)
        (self.partition, self.timestamp) = (partition, timestamp)
    }
}

/// What the brokers confirmed.
package struct DeliveryReport: Sendable, Equatable {
    package var records = 0
    /// Of keys and values.
    package var bytes = 0
    package var recordsOfPartition: [Int32: Int] = [:]
}
