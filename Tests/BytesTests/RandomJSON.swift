import TestSupport

/// Random JSON text, and random damage to it.
struct RandomJSON {
    var random: SeededGenerator
    private var out: [UInt8] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Mostly objects; about a third is damaged.
    mutating func document() -> [UInt8] {
        out = random.chance(3) ? [0xEF, 0xBB, 0xBF] : []
        space()
        if random.chance(95) { object(depth: 0) } else { value(depth: 0) }
        space()
        if random.chance(35) { for _ in 0..<Int.random(in: 1...3, using: &random) { damage() } }
        return out
    }

    private mutating func put(_ text: String) { out += Array(text.utf8) }

    private mutating func space() {
        guard random.chance(20) else { return }
        for _ in 0..<Int.random(in: 1...3, using: &random) { put(random.pick([" ", "\n", "\t", "\r"])) }
    }

    private mutating func list(_ open: String, _ close: String, depth: Int, _ item: (inout RandomJSON) -> Void) {
        put(open)
        space()
        for index in 0..<Int.random(in: 0...(depth > 3 ? 1 : 5), using: &random) {
            if index > 0 { put(",") }
            space()
            item(&self)
            space()
        }
        put(close)
    }

    private mutating func object(depth: Int) {
        list("{", "}", depth: depth) { json in
            json.key()
            json.space()
            json.put(":")
            json.space()
            json.value(depth: depth + 1)
        }
    }

    private mutating func key() {
        let keys = [
            "a", "a", "b", "0", "1", "", "a/b", "~", "long enough key", #"\u0061"#, #"\u0061\/b"#, #"\ud83d\ude00"#,
            "😀", #"\ud83d"#, "é", #"\""#,
        ]
        put("\"" + random.pick(keys) + "\"")
    }

    private mutating func value(depth: Int) {
        switch Int.random(in: 0..<(depth > 12 ? 7 : 11), using: &random) {
        case 0...2: string()
        case 3, 4: number()
        case 5: put(random.pick(["true", "false"]))
        case 6: put("null")
        case 7, 8: list("[", "]", depth: depth) { $0.value(depth: depth + 1) }
        default: object(depth: depth)
        }
    }

    private mutating func string() {
        let parts = [
            "x", "plain ASCII text that is longer than a word, ", #"\""#, #"\\"#, #"\/"#, #"\b\f\n\r\t"#, #"\u00e9"#,
            #"\uD83D\uDE00"#, #"\uDE00"#, #"\u0000"#, "é", "привет как дела ", "ascii и нет ", "€", "漢字漢字漢字", "😀",
            "\u{7F}",
            "\u{80}\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}", "\u{D7FF}\u{E000}", "{}[],: ",
        ]
        put("\"")
        put(String(repeating: "p", count: Int.random(in: 0..<9, using: &random)))
        for _ in 0..<Int.random(in: 0..<6, using: &random) { put(random.pick(parts)) }
        put("\"")
    }

    private mutating func number() {
        put(
            random.pick([
                "0", "-0", "1", "-1", "0.5", "-0.0", "1e5", "1E+5", "12.50e-7", "9223372036854775808",
                "123456789012345678901234567890.000000000000000000000001", "1e99999", "1700000000123",
            ]))
    }

    private mutating func damage() {
        let interesting: [[UInt8]] = [
            [0x22], [0x5C], [0x7B], [0x7D], [0x5B], [0x5D], [0x2C], [0x3A], [0x00], [0x0A], [0x1F], [0x20], [0x80],
            [0xBF],
            [0xC0], [0xC1], [0xC3], [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF],
            [0xF0, 0x8F],
            [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5], [0xFF], [0x2D], [0x2E], [0x2B], [0x30], [0x31, 0x65],
            Array("NaN".utf8), Array("Infinity".utf8), Array("tru".utf8), Array("//".utf8), Array("\\u12".utf8),
            Array("\\x".utf8), Array("'".utf8), Array("\u{2028}".utf8), Array("\u{A0}".utf8),
        ]
        let place = Int.random(in: 0...out.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: out.insert(contentsOf: random.pick(interesting), at: place)
        case 1: out.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 2 where place < out.count: out.remove(at: place)
        case 3 where place < out.count: out[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 4: out.removeSubrange(place...)
        default:
            let end = min(out.count, place + Int.random(in: 0...6, using: &random))
            out.insert(contentsOf: out[place..<end], at: Int.random(in: 0...out.count, using: &random))
        }
    }
}
