import Kafka
import StandIns
import Support

/// A day of interactions with everything that happens to a topic in a year. Pure; under 3 MB a partition of four, since
/// a mock cluster keeps no more than 5 MiB of each.
struct SampleDay {
    /// Why a record is in the sample; the summary counts them.
    enum Kind: String, CaseIterable {
        // Well-formed
        case plain, otherTimeForm, late, noTime, absurdTime, byteOrderMark, prettyPrinted, bigNumbers, duplicateKeys
        case loneSurrogate, surroundingSpace, large, binaryKey
        // Not interactions
        case notJSON, invalidUTF8, array, scalar, tooDeep, truncated, empty, tombstone

        /// Whether it can be read as a JSON object.
        var isInteraction: Bool {
            switch self {
            case .notJSON, .invalidUTF8, .array, .scalar, .tooDeep, .truncated, .empty, .tombstone: false
            default: true
            }
        }
    }

    static let count = 2000

    /// The whole day in the order of its moments.
    static func records(seed: UInt64, start: Milliseconds, partitions: Int) -> [(kind: Kind, record: ProducerRecord)] {
        var samples = SampleInteractions(seed: seed, start: start, partitions: partitions)
        var random = SplitMix64(seed: seed &+ 1)
        let special = Kind.allCases.filter { $0 != .plain }
        return (0..<count).map { index in
            // Each kind at fixed places, so that even a seed without luck has all of them; the large one comes once.
            let place = index % 30 == 15 ? index / 30 : nil
            var kind = place.map { special[$0 % special.count] } ?? .plain
            if kind == .large, (place ?? 0) >= special.count { kind = .plain }
            if kind == .plain, random.chance(8) { kind = .otherTimeForm }
            if kind == .plain, random.chance(50) { kind = .late }
            return (kind, record(kind, index, &samples, &random))
        }
    }

    private static func record(
        _ kind: Kind, _ index: Int, _ samples: inout SampleInteractions, _ random: inout SplitMix64
    ) -> ProducerRecord {
        let moment = samples.moment(index, of: count)
        let length = kind == .large ? 2_000_000 : samples.length()
        let time: [UInt8] =
            switch kind {
            case .otherTimeForm: timestamp(moment, form: index % 7)
            case .late: samples.quotedTime(moment - Int64(1 + random.below(4)) * 3_600_000)
            case .noTime: []
            case .absurdTime: Array(#""2199-01-01T00:00:00Z""#.utf8)
            default: samples.quotedTime(moment)
            }
        let plain = samples.content(at: moment, timestamp: time, length: length)
        var record = samples.record(at: moment, value: value(kind, plain))
        if kind == .binaryKey { record.key = [0, 0xff, 0x0a, 0x22] }
        return record
    }

    /// The forms that a time may have.
    private static func timestamp(_ moment: Milliseconds, form: Int) -> [UInt8] {
        let seconds = rfc3339(moment).prefix(19)
        let text =
            switch form {
            case 0: "\(moment)"
            case 1: "\(moment / 1000)"
            case 2: "\(moment * 1000 + 123)"
            case 3: "\(moment * 1_000_000 + 123_456)"
            case 4: "\"\(seconds)Z\""
            case 5: "\"\(rfc3339(moment + 7_200_000).prefix(19)).\(padded(moment % 1000, 3))456+02:00\""
            default: "\"\(rfc3339(moment - 19_800_000).prefix(19))-05:30\""
            }
        return Array(text.utf8)
    }

    private static func value(_ kind: Kind, _ plain: [UInt8]) -> [UInt8]? {
        switch kind {
        case .byteOrderMark: [0xef, 0xbb, 0xbf] + plain
        case .prettyPrinted: prettyPrinted(plain)
        case .bigNumbers: inserted(#""big":[12345678901234567890,1e400,-0.0,1.7976931348623157e308,0.1000],"#, plain)
        case .duplicateKeys: inserted(#""id":"first","model":"first","#, plain)
        case .loneSurrogate: inserted(#""lone":"\ud800","#, plain)
        case .surroundingSpace: Array(" \r\n".utf8) + plain + Array("\n\t".utf8)
        case .notJSON: Array("GET /health HTTP/1.1".utf8)
        case .invalidUTF8: Array(#"{"id":"x","text":""#.utf8) + [0xc3, 0x28, 0xff] + Array(#""}"#.utf8)
        case .array: Array("[".utf8) + plain + Array("]".utf8)
        case .scalar: Array(#""just a string""#.utf8)
        case .tooDeep:
            inserted(
                #""deep":"# + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + ",", plain)
        case .truncated: Array(plain.dropLast(plain.count / 3))
        case .empty: []
        case .tombstone: nil
        default: plain
        }
    }

    /// Puts fields at the front of an object.
    private static func inserted(_ fields: String, _ object: [UInt8]) -> [UInt8] {
        Array("{".utf8) + Array(fields.utf8) + object.dropFirst()
    }

    /// Line breaks and spaces where JSON allows them: outside strings, around `{`, `}`, `[`, `]`, `,` and `:`.
    private static func prettyPrinted(_ json: [UInt8]) -> [UInt8] {
        var (result, inString, escaped): ([UInt8], Bool, Bool) = ([], false, false)
        for byte in json {
            if inString {
                result.append(byte)
                if !escaped, byte == UInt8(ascii: "\"") { inString = false }
                escaped = !escaped && byte == UInt8(ascii: "\\")
                continue
            }
            inString = byte == UInt8(ascii: "\"")
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ","):
                result += Array("\(Character(UnicodeScalar(byte)))\n  ".utf8)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): result += Array("\r\n\(Character(UnicodeScalar(byte)))".utf8)
            case UInt8(ascii: ":"): result += Array(" :\t".utf8)
            default: result.append(byte)
            }
        }
        return result
    }
}
