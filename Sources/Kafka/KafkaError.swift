package import Support

/// What Kafka, or the library that talks to it, said no to. Never holds a payload, a key or the value of a secret.
package struct KafkaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What a caller decides by; everything else is for people.
    package enum Kind: Sendable, Equatable {
        /// The topic does not exist.
        case unknownTopic
        /// No broker answered in time.
        case unreachable
        /// The broker does not accept who we are.
        case authentication
        /// The broker knows us and does not allow it.
        case authorization
        /// A configuration property is unknown, reserved, or has a wrong value.
        case invalidProperty
        /// The broker no longer has the offset, or does not have it yet; the partition stands still until it is sought.
        case offsetOutOfRange
        /// The group has moved on: a commit or an assignment came too late.
        case staleMember
        /// Another process runs under the same static instance id.
        case fenced
        /// The client was closed.
        case closed
        /// Anything else, by `name`.
        case other
    }

    package var kind: Kind
    /// librdkafka's number, 0 when the error is our own.
    package var code: Int32
    /// librdkafka's name of the code, for example `UNKNOWN_TOPIC_OR_PART`.
    package var name: String
    package var message: String
    /// The client can do nothing more; only a new one can.
    package var isFatal: Bool
    /// The same call may succeed later.
    package var isRetriable: Bool
    /// nil: what helps against errors of this kind.
    private var remedy: String?

    package init(
        _ kind: Kind, code: Int32 = 0, name: String = "", message: String, isFatal: Bool = false,
        isRetriable: Bool = false
    ) {
        (self.kind, self.code, self.name, self.message) = (kind, code, name, message)
        (self.isFatal, self.isRetriable) = (isFatal, isRetriable)
    }

    /// There is no token to show to brokers.
    init(noToken failure: Failure) {
        self.init(failure.status == .unavailable ? .unreachable : .authentication, message: failure.message)
        remedy = failure.remedy
    }

    static let closed = KafkaError(.closed, message: "the Kafka client is closed")

    /// Says why brokers cannot be reached, better than that none could.
    var explainsConnection: Bool { kind == .unreachable && name != "_ALL_BROKERS_DOWN" }

    package var description: String { name.isEmpty ? message : "\(message) (\(name))" }

    /// How the error reaches the user.
    package var failure: Failure {
        switch kind {
        case .unknownTopic:
            Failure(.noInput, description, remedy: "check the name of the topic, or create it")
        case .unreachable:
            Failure(
                .unavailable, description,
                remedy: remedy ?? "check the brokers' addresses, the network and the TLS settings")
        case .authentication:
            Failure(.noPermission, description, remedy: remedy ?? "check the SASL and TLS properties")
        case .authorization:
            Failure(.noPermission, description, remedy: "allow this principal to read the topic and to join the group")
        case .invalidProperty:
            Failure(.usage, description)
        case .offsetOutOfRange:
            Failure(.dataLoss, description, remedy: "the records may have passed their retention")
        case .fenced:
            Failure(.conflict, description, remedy: "give each running process an instance id of its own")
        case .staleMember, .closed:
            Failure(.failure, description)
        case .other:
            Failure(isRetriable ? .unavailable : .failure, description)
        }
    }
}
