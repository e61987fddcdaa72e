import HTTP
import JobSupport
package import Kafka
import Support

/// A librdkafka property. Its description leaves out the value, which may be a secret.
package struct KafkaProperty: Sendable, Equatable, CustomStringConvertible {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }

    package var description: String { "\(name)=…" }
}

/// The login to Google's Managed Kafka: SASL OAUTHBEARER with tokens of the application's own credentials.
package struct GoogleLogin: Sendable, Equatable {
    /// nil: the e-mail address of the account.
    package var principal: String?

    package init(principal: String? = nil) { self.principal = principal }
}

/// How to reach Kafka, and as whom.
package struct KafkaConnection: Sendable, Equatable {
    /// `host:port` of one or more brokers, separated by commas.
    package var brokers: String
    package var consumerGroup: String
    /// Makes the member static: a restart within the session timeout causes no rebalance.
    package var instanceID: String?
    package var assignment: AssignmentStrategy
    /// Security, and what the user gave as options.
    package var properties: [KafkaProperty]
    /// nil: the properties say it all.
    package var googleLogin: GoogleLogin?
    /// How long to wait for a broker at the start.
    package var timeout: Duration

    package init(
        brokers: String, consumerGroup: String, instanceID: String?, assignment: AssignmentStrategy,
        properties: [KafkaProperty], googleLogin: GoogleLogin? = nil, timeout: Duration
    ) {
        (self.brokers, self.consumerGroup, self.instanceID) = (brokers, consumerGroup, instanceID)
        (self.assignment, self.properties, self.googleLogin) = (assignment, properties, googleLogin)
        self.timeout = timeout
    }
}

enum KafkaSettings {
    static let brokers = Setting(
        "kafka-brokers", .text("HOST:PORT,…"), .required, help: "Brokers to ask for the others.")
    /// For commands that can do without Kafka.
    static let optionalBrokers: Setting = {
        var setting = brokers
        setting.presence = .optional
        return setting
    }()
    static let consumerGroup = Setting(
        "kafka-consumer-group", .text("GROUP"), .standard("interaction-loader"),
        help: "The consumer group. Loaders of one group share the partitions.")
    static let instanceID = Setting(
        "kafka-group-instance-id", .text("ID"),
        help:
            "A name of its own for each process: a restart within the session timeout then causes no rebalance."
    )
    static let assignment = Setting(
        "kafka-assignment", .choice(AssignmentStrategy.allCases.map(\.rawValue)), .standard("range"),
        help: "How the group shares partitions out; the same for all its members.")
    static let securityProtocol = Setting(
        "kafka-security-protocol", .choice(["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]), .standard("plaintext"),
        help: "Encryption and authentication towards the brokers.")
    static let saslMechanism = Setting(
        "kafka-sasl-mechanism", .choice(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"]),
        help:
            "How to authenticate with a sasl_ protocol. OAUTHBEARER is for Google's Managed Kafka, with Google's credentials."
    )
    static let saslUsername = Setting(
        "kafka-sasl-username", .text("NAME"),
        help: "For PLAIN and SCRAM; with OAUTHBEARER the principal, if not the account's own e-mail address.")
    static let saslPassword = Setting(
        "kafka-sasl-password", .text("PASSWORD"), secret: true, help: "For PLAIN and SCRAM.")
    static let caLocation = Setting(
        "kafka-ssl-ca-location", .text("FILE"), help: "Certificates to trust instead of the system's, as PEM.")
    static let options = Setting(
        "kafka-option", environment: "KAFKA_OPTIONS", .text("NAME=VALUE"), secret: true, repeatable: true,
        help: "Any other librdkafka property; in the variable a list with commas, where \\, is a comma in a value.")
    static let timeout = Setting(
        "kafka-timeout", .duration(.seconds(1) ... .seconds(600)), .standard("30s"),
        help: "How long to wait for a broker at the start.")

    /// - Parameters:
    ///   - brokers: `brokers` or `optionalBrokers`.
    ///   - joinsGroup: false for commands that only ask or produce.
    static func group(_ brokers: Setting, joinsGroup: Bool) -> SettingsTable.Group {
        let membership = joinsGroup ? [consumerGroup, instanceID, assignment] : []
        return SettingsTable.Group(
            "Kafka",
            [brokers, TopicSettings.topic] + membership + [
                securityProtocol, saslMechanism, saslUsername, saslPassword, caLocation, options, timeout,
            ])
    }

    /// nil when no brokers are given, which is a problem only if they are required.
    static func read(_ reader: inout SettingsReader, brokers: Setting) -> KafkaConnection? {
        let list = reader.optionalValue(brokers, expected: "HOST:PORT, several separated by commas", brokerList(from:))
        let security = security(&reader, brokers: list)
        let connection = KafkaConnection(
            brokers: list ?? "", consumerGroup: reader.text(consumerGroup), instanceID: reader.optionalText(instanceID),
            assignment: reader.choice(assignment, else: .range), properties: security.properties + options(&reader),
            googleLogin: security.googleLogin, timeout: reader.duration(timeout))
        return list == nil ? nil : connection
    }

    private static func brokerList(from text: String) -> String? {
        let brokers = text.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
        let areRight = brokers.allSatisfy { broker in
            guard let colon = broker.lastIndex(of: ":"), let port = Int(broker[broker.index(after: colon)...])
            else { return false }
            let host = broker[..<colon]
            return !host.isEmpty && (1...65_535).contains(port)
                && host.utf8.allSatisfy { (0x21..<0x7F).contains($0) && $0 != UInt8(ascii: "/") }
        }
        return areRight ? brokers.joined(separator: ",") : nil
    }

    private static func security(
        _ reader: inout SettingsReader, brokers: String?
    ) -> (properties: [KafkaProperty], googleLogin: GoogleLogin?) {
        let transport = reader.optionalChoiceText(securityProtocol) ?? ""
        let mechanism = reader.optionalChoiceText(saslMechanism)
        // Files and shells leave white space behind.
        let username = reader.optionalText(saslUsername).map { trimmed($0) }
        let password = reader.optionalText(saslPassword).map { trimmed($0) }
        let authority = reader.optionalText(caLocation)
        let usesSASL = transport.hasPrefix("sasl_")
        if usesSASL, mechanism == nil, !reader.isGiven(saslMechanism) {
            reader.report("\(saslMechanism.bothNames) is required with \(securityProtocol.flag) \(transport)")
        }
        if !usesSASL, mechanism != nil {
            reader.report(
                "\(saslMechanism.bothNames) needs \(securityProtocol.bothNames) to be sasl_ssl or sasl_plaintext")
        }
        if let mechanism, mechanism == "PLAIN" || mechanism.hasPrefix("SCRAM") {
            for (setting, value) in [(saslUsername, username), (saslPassword, password)] where value == nil {
                reader.report("\(setting.bothNames) is required with \(saslMechanism.flag) \(mechanism)")
            }
        }
        let isGoogles = mechanism == "OAUTHBEARER"
        if isGoogles, password != nil {
            reader.report("\(saslPassword.bothNames) is not for \(saslMechanism.flag) OAUTHBEARER; expected none")
        }
        if isGoogles, transport == "sasl_plaintext", let brokers, !areOnThisMachine(brokers) {
            reader.report(
                "\(securityProtocol.bothNames) is sasl_plaintext: the token would be readable by everyone on the way; "
                    + "expected sasl_ssl with \(saslMechanism.flag) OAUTHBEARER")
        }
        let named: [(String, String?)] = [
            ("security.protocol", transport), ("sasl.mechanism", mechanism),
            ("sasl.username", isGoogles ? nil : username), ("sasl.password", password), ("ssl.ca.location", authority),
        ]
        let properties = named.compactMap { name, value in value.map { KafkaProperty(name, $0) } }
        return (properties, isGoogles ? GoogleLogin(principal: username) : nil)
    }

    private static func areOnThisMachine(_ brokers: String) -> Bool {
        brokers.split(separator: ",").allSatisfy { HTTPURL("http://\($0)")?.isLoopback == true }
    }

    /// Properties that have a setting of their own: one place to look for each.
    private static let named: [String: Setting] = [
        "bootstrap.servers": brokers, "metadata.broker.list": brokers, "group.id": consumerGroup,
        "group.instance.id": instanceID, "partition.assignment.strategy": assignment,
        "security.protocol": securityProtocol, "sasl.mechanism": saslMechanism, "sasl.mechanisms": saslMechanism,
        "sasl.username": saslUsername, "sasl.password": saslPassword, "ssl.ca.location": caLocation,
    ]

    private static func options(_ reader: inout SettingsReader) -> [KafkaProperty] {
        let given = reader.list(options)
        let properties = given.compactMap { option -> KafkaProperty? in
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return parts.count == 2 && isPropertyName(parts[0]) ? KafkaProperty(parts[0], parts[1]) : nil
        }
        if properties.count < given.count {
            reader.reject(options, expected: "NAME=VALUE, where NAME is a librdkafka property")
        }
        for property in properties {
            if let setting = named[property.name] {
                reader.report("\(options.bothNames) names \(property.name), which has a setting: \(setting.bothNames)")
            } else if let reason = KafkaConsumerConfiguration.reserved[property.name] {
                reader.report("\(options.bothNames) names \(property.name), which cannot be set: \(reason)")
            }
        }
        return properties
    }

    private static func isPropertyName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x5F
            }
    }
}
