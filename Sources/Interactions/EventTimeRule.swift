package import Bytes
package import Support

/// Which moment a record belongs to. Only the record decides, never a clock: reading it again gives the same answer.
package struct EventTimeRule: Sendable, Equatable {
    /// Where the record says when it happened.
    package var field: JSONPointer
    /// How far the field may be from the record's Kafka timestamp before that decides instead.
    package var maxSkew: Milliseconds

    package init(field: JSONPointer, maxSkew: Milliseconds) {
        (self.field, self.maxSkew) = (field, maxSkew)
    }

    /// - Parameters:
    ///   - field: the JSON found at the rule's pointer, if any.
    ///   - kafkaTimestamp: one outside the years 0 to 9999 counts as none.
    package func resolve(
        field: UnsafeRawBufferPointer?, kafkaTimestamp: Milliseconds?
    ) -> (time: Milliseconds, source: EventTimeSource) {
        let kafkaTime = kafkaTimestamp.flatMap { EventTime.readable.contains($0) ? $0 : nil }
        let fieldTime = field.flatMap(EventTime.parse(json:))
        switch (fieldTime, kafkaTime) {
        case (let fieldTime?, let kafkaTime?) where (fieldTime - kafkaTime).magnitude > maxSkew.magnitude:
            return (kafkaTime, .kafkaSkewed)
        case (let fieldTime?, _): return (fieldTime, .field)
        case (nil, let kafkaTime?): return (kafkaTime, field == nil ? .kafkaAbsent : .kafkaUnreadable)
        case (nil, nil): return (0, .none)
        }
    }
}

/// What decided a record's event time.
package enum EventTimeSource: String, Sendable, CaseIterable {
    case field
    /// The Kafka timestamp, because the record has no such field.
    case kafkaAbsent = "kafka_absent"
    /// The Kafka timestamp, because the field is no moment.
    case kafkaUnreadable = "kafka_unreadable"
    /// The Kafka timestamp, because the field is too far from it.
    case kafkaSkewed = "kafka_skewed"
    /// Nothing: neither gives a moment, so the record goes to 1970-01-01T00.
    case none
}
