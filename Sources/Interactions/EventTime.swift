internal import Bytes
package import Support

/// Reads moments out of a record's bytes, without Foundation. All results are floored to milliseconds.
package enum EventTime {
    /// Years 0 to 9999: what a date in an object's name can spell. Everything outside is unreadable.
    package static let readable: ClosedRange<Milliseconds> = -62_167_219_200_000...253_402_300_799_999

    /// A JSON string (with its quotes) or number, as it stands in a valid document; nil when it is not a moment.
    ///
    /// Text is RFC 3339, or a number as JSON spells it. Escapes in text are understood, though nobody needs them.
    package static func parse(json field: UnsafeRawBufferPointer) -> Milliseconds? {
        guard field.first == UInt8(ascii: "\""), field.count >= 2 else { return parse(number: field) }
        let text = UnsafeRawBufferPointer(rebasing: field[1..<(field.count - 1)])
        guard text.contains(UInt8(ascii: "\\")) else { return parse(text: text) }
        return JSONText.unescaped(text)?.withUnsafeBytes { parse(text: $0) }
    }

    private static func parse(text: UnsafeRawBufferPointer) -> Milliseconds? {
        parse(rfc3339: text) ?? parse(number: text)
    }

    /// `2026-01-31T23:59:59.999+05:30`: RFC 3339 with any fraction, any offset up to ±23:59 and `-00:00`, with `T` and `Z`
    /// in either case, a space for the `T`.
    ///
    /// A leap second is read as the last millisecond before it, so that it stays in its hour; it is one only at 23:59:60 UTC.
    static func parse(rfc3339 text: UnsafeRawBufferPointer) -> Milliseconds? {
        var reader = DigitReader(text: text)
        guard let year = reader.number(digits: 4), reader.take(UInt8(ascii: "-")),
            let month = reader.number(digits: 2), reader.take(UInt8(ascii: "-")),
            let day = reader.number(digits: 2), let date = CivilDate(year: year, month: month, day: day),
            reader.take(UInt8(ascii: "T")) || reader.take(UInt8(ascii: "t")) || reader.take(UInt8(ascii: " ")),
            let hour = reader.number(digits: 2), hour < 24, reader.take(UInt8(ascii: ":")),
            let minute = reader.number(digits: 2), minute < 60, reader.take(UInt8(ascii: ":")),
            let second = reader.number(digits: 2), second <= 60,
            let milliseconds = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let minutes = Int64(date.daysSince1970) * 1440 + Int64(hour * 60 + minute - offset)
        let isLeapSecond = second == 60
        guard !isLeapSecond || minutes - minutes.flooredDivision(by: 1440) * 1440 == 1439 else { return nil }
        let time = minutes * 60_000 + (isLeapSecond ? 59_999 : Int64(second * 1000 + milliseconds))
        return readable.contains(time) ? time : nil
    }

    /// A number by JSON's grammar, of seconds (below 10^11 in size), milliseconds (below 10^14), microseconds (below 10^17)
    /// or nanoseconds since 1970. Exact: no floating point.
    static func parse(number text: UnsafeRawBufferPointer) -> Milliseconds? {
        guard let decimal = Decimal(text) else { return nil }
        guard let first = decimal.firstDigit else { return 0 }
        // The value is 0.ddd… × 10^point with a first digit that is not 0, so its size class is in `point` alone.
        let point = decimal.point
        let shift = point <= 11 ? 3 : point <= 14 ? 0 : point <= 17 ? -3 : -6
        let wholeDigits = point + shift
        guard wholeDigits <= 15 else { return nil }  // more than `readable`
        var size: Int64 = 0
        var taken = 0
        var hasRest = false
        for index in first..<decimal.digitsEnd where text[index] != UInt8(ascii: ".") {
            if taken < wholeDigits {
                size = size * 10 + Int64(text[index] - UInt8(ascii: "0"))
                taken += 1
            } else if text[index] != UInt8(ascii: "0") {
                hasRest = true
                break
            }
        }
        while taken < wholeDigits {
            size *= 10
            taken += 1
        }
        let time = decimal.isNegative ? -size - (hasRest ? 1 : 0) : size
        return readable.contains(time) ? time : nil
    }
}

/// Takes a timestamp apart from the left.
private struct DigitReader {
    let text: UnsafeRawBufferPointer
    var next = 0

    var isAtEnd: Bool { next == text.count }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next < text.count, text[next] == byte else { return false }
        next += 1
        return true
    }

    mutating func digit() -> Int? {
        guard next < text.count, (0x30...0x39).contains(text[next]) else { return nil }
        next += 1
        return Int(text[next - 1] - 0x30)
    }

    mutating func number(digits count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The milliseconds in a fraction of a second; 0 without one, nil for a point without digits.
    mutating func fraction() -> Int? {
        guard take(UInt8(ascii: ".")) else { return 0 }
        guard var milliseconds = digit() else { return nil }
        for _ in 0..<2 { milliseconds = milliseconds * 10 + (digit() ?? 0) }
        while digit() != nil {}
        return milliseconds
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int? {
        if take(UInt8(ascii: "Z")) || take(UInt8(ascii: "z")) { return 0 }
        let isWest = take(UInt8(ascii: "-"))
        guard isWest || take(UInt8(ascii: "+")), let hours = number(digits: 2), hours < 24, take(UInt8(ascii: ":")),
            let minutes = number(digits: 2), minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }
}

/// The parts of a JSON number, by their places in the text.
private struct Decimal {
    var isNegative: Bool
    /// The first digit other than 0; nil for zero.
    var firstDigit: Int?
    /// Behind the last digit before the exponent.
    var digitsEnd: Int
    /// How many places right of the first digit the decimal point is.
    var point: Int

    /// nil when the text is not a number by JSON's grammar.
    init?(_ text: UnsafeRawBufferPointer) {
        var reader = DigitReader(text: text)
        isNegative = reader.take(UInt8(ascii: "-"))
        let start = reader.next
        guard let leading = reader.digit() else { return nil }
        if leading != 0 { while reader.digit() != nil {} }
        let pointIndex = reader.next
        if reader.take(UInt8(ascii: ".")) {
            guard reader.digit() != nil else { return nil }
            while reader.digit() != nil {}
        }
        digitsEnd = reader.next
        var exponent = 0
        if reader.take(UInt8(ascii: "e")) || reader.take(UInt8(ascii: "E")) {
            let isDown = reader.take(UInt8(ascii: "-"))
            if !isDown { _ = reader.take(UInt8(ascii: "+")) }
            guard var size = reader.digit() else { return nil }
            // Held far above the length of any text, and far below overflow.
            while let digit = reader.digit() { size = min(size * 10 + digit, 1 << 48) }
            exponent = isDown ? -size : size
        }
        guard reader.isAtEnd else { return nil }
        firstDigit = (start..<digitsEnd).first { (0x31...0x39).contains(text[$0]) }
        let first = firstDigit ?? start
        point = exponent + (first < pointIndex ? pointIndex - first : pointIndex + 1 - first)
    }
}
