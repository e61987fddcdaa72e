import Kafka
import StandIns
import Support

/// Interactions as a product team might publish them, made from a seed: the same seed gives the same records. Pure.
struct SampleInteractions {
    /// Relative traffic of each hour of the day, UTC.
    private static let traffic = [3, 2, 2, 2, 3, 5, 8, 12, 15, 16, 15, 14, 15, 17, 18, 17, 15, 13, 11, 10, 9, 7, 5, 4]
    private static let trafficBefore: [Int] = traffic.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }

    /// The start of the day, UTC.
    let start: Milliseconds
    let partitions: Int
    private var random: SplitMix64

    init(seed: UInt64, start: Milliseconds, partitions: Int) {
        (self.start, self.partitions) = (start, partitions)
        random = SplitMix64(seed: seed)
    }

    /// The moment of the day at which a share of its traffic has passed: the `index`th of `count` records.
    func moment(_ index: Int, of count: Int) -> Milliseconds {
        let total = Self.trafficBefore[24]
        let position = Double(index) / Double(max(count, 1)) * Double(total)
        let hour = min(max((Self.trafficBefore.firstIndex { Double($0) > position } ?? 24) - 1, 0), 23)
        let share = (position - Double(Self.trafficBefore[hour])) / Double(Self.traffic[hour])
        return start + Int64(hour) * 3_600_000 + Int64(share * 3_599_999)
    }

    /// The `index`th of `count` interactions of the day, 0.3 to 8 KB, its Kafka timestamp within two seconds after it.
    mutating func interaction(_ index: Int, of count: Int) -> ProducerRecord {
        let moment = moment(index, of: count)
        return record(at: moment, value: content(at: moment, timestamp: quotedTime(moment), length: length()))
    }

    /// A record of some user: records of one user are in one partition.
    mutating func record(at moment: Milliseconds, value: [UInt8]?) -> ProducerRecord {
        let user = random.below(500)
        return ProducerRecord(
            key: random.chance(20) ? nil : Array("u_\(user)".utf8), value: value,
            headers: [
                RecordHeader("schema", "interaction/v1"), RecordHeader("trace-id", String(random.next(), radix: 16)),
            ],
            partition: Int32(user % partitions), timestamp: moment + Int64(random.below(2000)))
    }

    /// Small ones are frequent, large ones are not.
    mutating func length() -> Int { (250 << random.below(6)) + random.below(300) }

    // MARK: - Content

    /// A JSON object of about `length` bytes.
    /// - Parameter timestamp: the JSON value of the field, or empty for none.
    mutating func content(at moment: Milliseconds, timestamp: [UInt8], length: Int) -> [UInt8] {
        let language = random.pick(SampleTexts.languages)
        var json: [UInt8] = []
        json.reserveCapacity(length + 1024)
        json += #"{"id":"int_"#
        json.append(hexadecimal: random.next())
        json += #"","#
        if !timestamp.isEmpty {
            json += #""timestamp":"#
            json += timestamp
            json += ","
        }
        json += #""model":""#
        json += random.pick(SampleTexts.models)
        json += #"","messages":[{"role":"system","content":""#
        json += random.pick(SampleTexts.systemPrompts)
        json += #""}"#
        let turns = 1 + 2 * random.below(3)
        let share = max(length - 450, 0) / (turns + 1)
        let attack = random.chance(40) ? random.pick(SampleTexts.attacks) : []
        for turn in 0..<turns {
            json += turn.isMultiple(of: 2) ? #",{"role":"user","content":"# : #",{"role":"assistant","content":"#
            append(
                sentencesOf: language.sentences, bytes: share, ending: turn == turns - 1 ? attack : [],
                asParts: random.chance(4), to: &json)
            json += "}"
        }
        json += #"],"response":{"role":"assistant","content":"#
        append(sentencesOf: language.sentences, bytes: share, asParts: true, to: &json)
        json += #","stop_reason":"end_turn"},"usage":{"input_tokens":"#
        json.append(decimal: Int64(length / 4))
        json += #","output_tokens":"#
        json.append(decimal: Int64(length / 8 + random.below(100)))
        json += #"},"user":{"id":"u_"#
        json.append(decimal: Int64(random.below(500)))
        json += #"","country":""#
        json += random.pick(SampleTexts.countries)
        json += #""},"metadata":{"language":""#
        json += language.code
        json += #"","latency_ms":"#
        json.append(decimal: Int64(200 + random.below(9000)))
        json += #","temperature":0."#
        json.append(decimal: Int64(random.below(10)))
        json += random.chance(3) ? #","tags":["beta","mobile"],"feedback":null}}"# : #","stream":true}}"#
        return json
    }

    /// A message's content: a string, or an array of parts.
    private mutating func append(
        sentencesOf sentences: [[UInt8]], bytes: Int, ending: [UInt8] = [], asParts: Bool, to json: inout [UInt8]
    ) {
        json += asParts ? #"[{"type":"text","text":""# : "\""
        let end = json.count + bytes
        repeat { json += random.pick(sentences) } while json.count < end
        json += ending
        json += asParts ? #""}]"# : "\""
    }

    /// RFC 3339 in UTC, as a JSON string.
    func quotedTime(_ moment: Milliseconds) -> [UInt8] { Array("\"\(rfc3339(moment))\"".utf8) }
}

extension [UInt8] {
    static func += (bytes: inout [UInt8], text: StaticString) {
        bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    @_disfavoredOverload
    static func += (bytes: inout [UInt8], text: String) { bytes += text.utf8 }

    mutating func append(decimal value: Int64) { self += String(value).utf8 }

    mutating func append(hexadecimal value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(value >> UInt64(shift) & 15)
            append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}
