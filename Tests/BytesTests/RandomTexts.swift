import TestSupport

extension SeededGenerator {
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    mutating func pick<T>(_ choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &self)] }
}

extension String {
    static func random(using random: inout SeededGenerator) -> String {
        let parts = [
            "a", "plain words ", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "привет ", "€", "漢字", "😀", "\u{10FFFF}",
            "\u{7F}",
        ]
        return (0..<Int.random(in: 0..<12, using: &random)).map { _ in random.pick(parts) }.joined()
    }
}
