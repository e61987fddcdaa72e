import Bytes
import Interactions
import Support
import Testing

@Suite struct EventTimeRuleTests {
    private func resolve(
        _ field: String?, kafka: Milliseconds?, maxSkew: Milliseconds = 1000
    ) throws -> (time: Milliseconds, source: EventTimeSource) {
        let pointer = try #require(JSONPointer("/timestamp"))
        let rule = EventTimeRule(field: pointer, maxSkew: maxSkew)
        guard let field else { return rule.resolve(field: nil, kafkaTimestamp: kafka) }
        return Array(field.utf8).withUnsafeBytes { rule.resolve(field: $0, kafkaTimestamp: kafka) }
    }

    @Test(
        arguments: [
            ("1700000000000", 1_700_000_000_000, 1_700_000_000_000, .field),
            ("1700000001000", 1_700_000_000_000, 1_700_000_001_000, .field),
            ("1700000001001", 1_700_000_000_000, 1_700_000_000_000, .kafkaSkewed),
            ("1699999999000", 1_700_000_000_000, 1_699_999_999_000, .field),
            ("1699999998999", 1_700_000_000_000, 1_700_000_000_000, .kafkaSkewed),
            (nil, 1_700_000_000_000, 1_700_000_000_000, .kafkaAbsent),
            ("null", 1_700_000_000_000, 1_700_000_000_000, .kafkaUnreadable),
            ("\"soon\"", 1_700_000_000_000, 1_700_000_000_000, .kafkaUnreadable),
            ("1700000000000", nil, 1_700_000_000_000, .field),
            (nil, nil, 0, .none),
            ("\"soon\"", nil, 0, .none),
            (nil, 0, 0, .kafkaAbsent),
        ] as [(String?, Milliseconds?, Milliseconds, EventTimeSource)])
    func decides(_ field: String?, _ kafka: Milliseconds?, _ time: Milliseconds, _ source: EventTimeSource) throws {
        let result = try resolve(field, kafka: kafka)
        #expect(result.time == time)
        #expect(result.source == source)
    }

    /// Producers set what they like, and there is no name for such an hour.
    @Test(arguments: [.max, .min, 253_402_300_800_000, -62_167_219_200_001] as [Milliseconds])
    func aKafkaTimestampOutsideTheCalendarCountsAsNone(_ timestamp: Milliseconds) throws {
        #expect(try resolve("1700000000", kafka: timestamp).source == .field)
        #expect(try resolve(nil, kafka: timestamp) == (0, .none))
    }

    @Test func theWidestSkewDoesNotOverflow() throws {
        let result = try resolve("\"0000-01-01T00:00:00Z\"", kafka: EventTime.readable.upperBound, maxSkew: .max)
        #expect(result == (EventTime.readable.lowerBound, .field))
    }
}
