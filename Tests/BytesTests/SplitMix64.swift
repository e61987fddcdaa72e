/// A small random generator whose whole state is its seed (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators").
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &self)] }
}

extension String {
    static func random(using random: inout SplitMix64) -> String {
        let parts = [
            "a", "plain words ", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "привет ", "€", "漢字", "😀", "\u{10FFFF}",
            "\u{7F}",
        ]
        return (0..<Int.random(in: 0..<12, using: &random)).map { _ in random.pick(parts) }.joined()
    }
}
