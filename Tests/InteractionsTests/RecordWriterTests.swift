import Bytes
import Interactions
import Support
import Testing

@Suite struct RecordWriterTests {
    @Test func aValueIsOneMinifiedLine() throws {
        let (written, line, headersAsked) = try RecordSample("{\n \"timestamp\": 1700000001 ,\n \"a\": 1.0 }").write()
        #expect(line == #"{"timestamp":1700000001,"a":1.0}"#)
        #expect(written.kind == .interaction(timeSource: .field, hadByteOrderMark: false))
        #expect(written.time == 1_700_000_001_000)
        #expect(written.hour == Hour(date: "2023-11-14", hourOfDay: 22))
        #expect(headersAsked == 0)
    }

    @Test(
        arguments: [
            ("{}", .kafkaAbsent), ("{\"timestamp\":\"?\"}", .kafkaUnreadable), ("{\"timestamp\":0}", .kafkaSkewed),
            ("{\"timestamp\":\"2023-11-14T22:13:20Z\"}", .field),
        ] as [(String, EventTimeSource)])
    func theKafkaTimestampStandsIn(_ value: String, _ source: EventTimeSource) throws {
        let (written, _, _) = try RecordSample(value).write()
        #expect(written.kind == .interaction(timeSource: source, hadByteOrderMark: false))
        #expect(written.time == 1_700_000_000_000)
    }

    @Test(arguments: RecordFormat.allCases)
    func aRecordWithoutAnyTimeGoesToTheFirstHour(_ format: RecordFormat) throws {
        var sample = RecordSample("{}")
        sample.timestamp = nil
        let (written, _, _) = try sample.write(format)
        #expect(written.kind == .interaction(timeSource: .none, hadByteOrderMark: false))
        #expect(written.hour == Hour(index: 0))
    }

    @Test(arguments: RecordFormat.allCases)
    func theFieldIsFoundInEveryFormat(_ format: RecordFormat) throws {
        let (written, _, _) = try RecordSample("{\"timestamp\":1700000000.5}").write(format)
        #expect(written.time == 1_700_000_000_500)
    }

    @Test func aByteOrderMarkIsDroppedAndTold() throws {
        let (written, line, _) = try RecordSample("\u{FEFF}{}").write()
        #expect(line == "{}")
        #expect(written.kind == .interaction(timeSource: .kafkaAbsent, hadByteOrderMark: true))
    }

    private static let kafka =
        #""_kafka":{"topic":"raw-interactions","partition":3,"offset":42,"timestamp":1700000000000,"#
        + #""timestamp_type":"create","key":null,"headers":[]}"#

    @Test(arguments: [
        ("{}", "{KAFKA}"), (" { } ", "{KAFKA}"), ("{\"a\": [1]}", "{\"a\":[1],KAFKA}"),
        ("{\"_kafka\":{\"mine\":1}}", "{\"_kafka\":{\"mine\":1},KAFKA}"),
    ])
    func annotatedAddsAMember(_ value: String, _ expected: String) throws {
        let (_, line, headersAsked) = try RecordSample(value).write(.annotated)
        #expect(line == expected.replacing("KAFKA", with: Self.kafka))
        #expect(headersAsked == 1)
    }

    @Test func envelopeWrapsTheValue() throws {
        let (_, line, headersAsked) = try RecordSample("{ \"a\": 1 }").write(.envelope)
        #expect(line == "{" + Self.kafka + ",\"value\":{\"a\":1}}")
        #expect(headersAsked == 1)
    }

    @Test func keyAndHeadersAreTextWhereTheyCanBe() throws {
        var sample = RecordSample("{}")
        sample.timestamp = nil
        sample.timestampType = .none
        sample.key = Array("k\"1\u{1}é".utf8)
        sample.headers = [
            (Array("trace".utf8), Array("a\nb".utf8)), (Array("bytes".utf8), [0xFF, 0x00]), (Array("null".utf8), nil),
            ([0xC3], []),
        ]
        let (_, line, _) = try sample.write(.annotated)
        #expect(
            line == #"{"_kafka":{"topic":"raw-interactions","partition":3,"offset":42,"timestamp":null,"#
                + #""timestamp_type":"none","key":"k\"1\u0001é","headers":[{"name":"trace","value":"a\nb"},"#
                + #"{"name":"bytes","value_base64":"/wA="},{"name":"null","value":null},"#
                + #"{"name_base64":"ww==","value":""}]}}"#)
        sample.key = [0xED, 0xA0, 0x80]
        sample.headers = []
        sample.timestampType = .logAppend
        let (_, other, _) = try sample.write(.envelope)
        #expect(other.contains(#""timestamp_type":"log_append","key_base64":"7aCA","headers":[]}"#))
    }

    @Test(
        arguments: [
            (nil, .nullValue, ""), ("", .notJSON, "byte 0"), ("{\"a\":1", .notJSON, "byte 6"),
            ("[1]", .notObject, "byte 0"),
            ("{\"a\":[[]]}", .tooDeep, "byte 6"),
            (String(repeating: " ", count: 101), .tooLarge, "101 bytes, limit 100"),
        ] as [(String?, DeadLetterReason, String)], RecordFormat.allCases)
    func whatIsNoInteractionIsADeadLetter(
        _ sample: (value: String?, reason: DeadLetterReason, detail: String), _ format: RecordFormat
    ) throws {
        let (written, line, headersAsked) = try RecordSample(sample.value).write(
            format, maxRecordBytes: 100, maxDepth: 2)
        #expect(written.kind == .deadLetter(sample.reason))
        #expect(written.time == 1_700_000_000_000)
        #expect(headersAsked == (format == .envelope && ![.nullValue, .tooLarge].contains(sample.reason) ? 2 : 1))
        let letter = try Array(line.utf8).withUnsafeBytes { try DeadLetter.decode($0) }
        #expect(letter.reason == sample.reason)
        #expect(letter.detail == sample.detail)
        #expect(letter.value == sample.value.map { Array($0.utf8) })
    }

    @Test func aValueOfExactlyTheLimitIsRead() throws {
        let value = "{\"a\":\"" + String(repeating: "x", count: 92) + "\"}"
        #expect(try RecordSample(value).write(maxRecordBytes: 100).line == value)
    }

    @Test func aDeadLetterWithoutATimestampGoesToTheFirstHour() throws {
        var sample = RecordSample(nil)
        sample.timestamp = nil
        #expect(try sample.write().written.hour == Hour(index: 0))
        sample.timestamp = .max
        #expect(try sample.write().written.hour == Hour(index: 0))
    }
}
