package import Bytes
package import Records
package import Support

/// The text of an object with answers: a header, then a line for each answer, with the content's key in hexadecimal, where
/// it came from, the status, the tags' places in the taxonomy, and when it was given (ms): `key model tagged 0,4 1763712000000`.
///
/// Not JSON: a run reads hundreds of thousands of these before it begins.
package enum AnswerLines {
    package static let header: StaticString = "tag-answers 1\n"

    package struct Line: Sendable, Equatable {
        package var key: ContentKey
        package var known: KnownAnswer
        package var answeredAt: Milliseconds

        package init(key: ContentKey, known: KnownAnswer, answeredAt: Milliseconds) {
            (self.key, self.known, self.answeredAt) = (key, known, answeredAt)
        }
    }

    package static func append(_ line: Line, to buffer: ByteBuffer) {
        buffer.append(text: "\(line.key) \(line.known.source.rawValue) \(line.known.answer.status.rawValue) ")
        for (index, tag) in line.known.answer.tags.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(decimal: Int64(tag))
        }
        buffer.append(UInt8(ascii: " "))
        buffer.append(decimal: line.answeredAt)
        buffer.append(UInt8(ascii: "\n"))
    }

    /// Reads what `append` wrote, up to the first line that is anything else.
    /// - Parameter tagCount: places must be below it.
    /// - Returns: false when something else is there: another version's, or damaged.
    package static func parse(_ text: [UInt8], tagCount: Int, _ take: (Line) -> Void) -> Bool {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        let isOurs = lines.popFirst().map { $0 + [UInt8(ascii: "\n")] }?.elementsEqual(Self.headerBytes) ?? false
        guard isOurs, lines.popLast()?.isEmpty ?? false else { return false }
        for line in lines {
            guard let parsed = parse(line, tagCount: tagCount) else { return false }
            take(parsed)
        }
        return true
    }

    private static func parse(_ line: ArraySlice<UInt8>, tagCount: Int) -> Line? {
        let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        func text(_ index: Int) -> String { String(decoding: fields[index], as: UTF8.self) }
        guard fields.count == 5, let key = ContentKey(text(0)), let source = AnswerSource(rawValue: text(1)),
            let status = TagStatus(rawValue: text(2)), let time = number(fields[4])
        else { return nil }
        var tags: [Int] = []
        for field in fields[3].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: fields[3].isEmpty) {
            guard let place = number(field), place < tagCount, tags.last.map({ $0 < place }) ?? true else { return nil }
            tags.append(Int(place))
        }
        guard (status == .tagged) == !tags.isEmpty else { return nil }
        let answer = status == .tagged ? TagAnswer(tagged: tags) : TagAnswer(status)
        return Line(key: key, known: KnownAnswer(answer, from: source), answeredAt: time)
    }

    /// Decimal digits only.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard (1...18).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 0x30)
        }
        return value
    }

    private static let headerBytes = header.withUTF8Buffer { Array($0) }
}
