import Bytes
import Foundation
import Interactions
import Support
import Testing

@Suite struct DeadLetterTests {
    @Test func theLineIsAsDocumented() throws {
        var sample = RecordSample("[1]")
        sample.key = Array("k".utf8)
        sample.headers = [(Array("h\"".utf8), [1, 2, 3]), ([0xFF], nil)]
        #expect(
            try sample.write().line
                == #"{"reason":"not_object","detail":"byte 0","topic":"raw-interactions","partition":3,"offset":42,"#
                + #""timestamp":1700000000000,"timestamp_type":"create","key_base64":"aw==","value_base64":"WzFd","#
                + #""headers":[{"name":"h\"","value_base64":"AQID"},{"name_base64":"/w==","value_base64":null}]}"#)
    }

    @Test func everythingComesBackByteForByte() throws {
        func randomBytes() -> [UInt8]? {
            Int.random(in: 0..<4) == 0 ? nil : (0..<Int.random(in: 0...40)).map { _ in .random(in: 0...255) }
        }
        for _ in 0..<500 {
            var sample = RecordSample(nil)
            sample.value = randomBytes().map { $0 + [0xFF] }
            sample.key = randomBytes()
            sample.partition = .random(in: 0 ... .max)
            sample.offset = .random(in: 0 ... .max)
            sample.timestamp = Bool.random() ? nil : .random(in: .min ... .max)
            sample.timestampType = KafkaTimestampType.allCases.randomElement() ?? .none
            sample.headers = (0..<Int.random(in: 0...3)).map { _ in
                (Bool.random() ? Array("é\"\\\u{0}".utf8) : randomBytes() ?? [], randomBytes())
            }
            let line = try sample.write(RecordFormat.allCases.randomElement() ?? .value).line
            let letter = try Array(line.utf8).withUnsafeBytes { try DeadLetter.decode($0) }
            #expect(letter.topic == sample.topic)
            #expect(letter.partition == sample.partition)
            #expect(letter.offset == sample.offset)
            #expect(letter.timestamp == sample.timestamp)
            #expect(letter.timestampType == sample.timestampType)
            #expect(letter.key == sample.key)
            #expect(letter.value == sample.value)
            #expect(letter.headers == sample.headers.map { DeadLetter.Header(name: $0.name, value: $0.value) })
        }
    }

    private static let whole =
        #"{"reason":"not_json","detail":"byte 1","topic":"t","partition":1,"offset":2,"timestamp":null,"#
        + #""timestamp_type":"none","key_base64":null,"value_base64":"eA==","headers":[]}"#

    @Test func aWholeLineWithItsLineFeedIsRead() throws {
        let letter = try Array((Self.whole + "\n").utf8).withUnsafeBytes { try DeadLetter.decode($0) }
        #expect(letter.value == [0x78])
        #expect(letter.key == nil)
    }

    /// Restoring a damaged line as a tombstone would delete something.
    @Test(arguments: [
        ("value_base64", "valu_base64"), ("key_base64", "key"), ("\"timestamp\"", "\"time\""), ("eA==", "eA="),
        ("eA==", "€"),
        ("not_json", "no_json"), ("\"none\"", "\"nine\""), (":1,", ":99999999999,"), ("[]", "{}"), ("[]", "[{}]"),
        ("[]", #"[{"name":"a"}]"#), ("[]}", "[]"),
    ])
    func aDamagedLineIsRefusedWithoutItsContent(_ part: String, _ damage: String) throws {
        let line = Self.whole.replacing(part, with: damage)
        try #require(line != Self.whole)
        let failure = try #require(throws: Failure.self) {
            try Array(line.utf8).withUnsafeBytes { try DeadLetter.decode($0) }
        }
        #expect(failure == Failure(.protocolError, "a line of \(line.utf8.count) bytes is not a dead letter"))
    }
}
