import Foundation
@testable import Interactions
import TestSupport
import Testing

/// Thousands of moments, written well and badly, against Python's exact arithmetic and calendar.
@Suite struct EventTimeOracleTests {
    private struct Case: Encodable {
        var field: String
        var time: Int64?
    }

    @Test(.enabled(if: Python.isInstalled, "needs python3"))
    func agreesWithPython() throws {
        var lines: [Data] = []
        var readable = 0
        for _ in 0..<20_000 {
            let field = Self.randomField()
            let time = Array(field.utf8).withUnsafeBytes { EventTime.parse(json: $0) }
            readable += time == nil ? 0 : 1
            lines.append(try JSONEncoder().encode(Case(field: field, time: time)))
        }
        let complaints = try Python.run(Self.judge, input: Data(lines.joined(separator: Data("\n".utf8))))
        #expect(complaints.isEmpty)
        #expect((5_000...17_000).contains(readable), "the inputs must be of both kinds")
    }

    private static func randomField() -> String {
        let isNumber = Bool.random()
        if isNumber, Bool.random() { return randomNumber() }
        var text = isNumber ? randomNumber() : randomTimestamp()
        if Int.random(in: 0..<4) == 0, let place = text.indices.randomElement() {
            switch Int.random(in: 0..<3) {
            case 0: text.remove(at: place)
            case 1: text.insert("0123456789-+:.TtZz eE".randomElement() ?? "0", at: place)
            default:
                text.replaceSubrange(
                    place...place, with: ["0", "9", "-", ":", "Z", "+", " ", ".", "/", "٣"].randomElement() ?? "")
            }
        }
        if Int.random(in: 0..<20) == 0, let place = text.indices.randomElement(), let code = text[place].asciiValue {
            text.replaceSubrange(place...place, with: "\\u00" + (code < 16 ? "0" : "") + String(code, radix: 16))
        }
        return "\"\(text)\""
    }

    private static func randomTimestamp() -> String {
        func digits(_ count: Int, _ range: ClosedRange<Int>) -> String {
            let digits = String(Int.random(in: range))
            return String(repeating: "0", count: count - digits.count) + digits
        }
        let year = digits(4, Bool.random() ? 1960...2040 : 0...9999)
        let day = digits(2, 1...12) + "-" + digits(2, Bool.random() ? 1...28 : 0...32)
        let nearMidnight = Int.random(in: 0..<4) == 0
        let minutes = nearMidnight ? "23:59" : digits(2, 0...24) + ":" + digits(2, 0...60)
        let seconds = digits(2, nearMidnight ? 58...61 : 0...61)
        let fraction = Bool.random() ? "" : "." + (0..<Int.random(in: 1...12)).map { _ in digits(1, 0...9) }.joined()
        let sign = Bool.random() ? "+" : "-"
        let offset =
            Bool.random() ? ["Z", "z"].randomElement() ?? "" : sign + digits(2, 0...24) + ":" + digits(2, 0...60)
        return year + "-" + day + (["T", "t", " "].randomElement() ?? "") + minutes + ":" + seconds + fraction + offset
    }

    private static func randomNumber() -> String {
        func digits(_ count: ClosedRange<Int>) -> String {
            let first = String(Int.random(in: 1...9))
            return first
                + (0..<(Int.random(in: count) - 1)).map { _ in
                    ["0", "9", String(Int.random(in: 0...9))].randomElement() ?? ""
                }.joined()
        }
        let whole = Int.random(in: 0..<10) == 0 ? "0" : digits(1...22)
        let fraction = Bool.random() ? "" : "." + String(repeating: "0", count: Int.random(in: 0...4)) + digits(1...12)
        let exponent =
            Int.random(in: 0..<4) > 0
            ? "" : "e" + (["", "+", "-"].randomElement() ?? "") + String(Int.random(in: 0...25))
        return (Int.random(in: 0..<3) == 0 ? "-" : "") + whole + fraction + exponent
    }

    private static let judge = #"""
        import datetime, fractions, json, math, re, sys
        TEXT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.A)
        NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.A)
        EPOCH = datetime.date(1970 + 400, 1, 1).toordinal()

        def milliseconds(text):
            found = TEXT.fullmatch(text)
            if found:
                year, month, day, hour, minute, second = map(int, found.groups()[:6])
                fraction, sign, hours, minutes = found.groups()[6:]
                try:  # 400 years on, as there is no year 0 here and the calendar repeats
                    days = datetime.date(year + 400, month, day).toordinal() - EPOCH if year < 9000 else \
                        datetime.date(year - 400, month, day).toordinal() - EPOCH + 2 * 146097
                except ValueError:
                    return None
                if hour > 23 or minute > 59 or second > 60 or int(hours or 0) > 23 or int(minutes or 0) > 59:
                    return None
                offset = int(hours or 0) * 60 + int(minutes or 0)
                total = days * 1440 + hour * 60 + minute - (-offset if sign == "-" else offset)
                if second == 60:
                    return total * 60000 + 59999 if total % 1440 == 1439 else None
                return total * 60000 + second * 1000 + math.floor(fractions.Fraction("0." + (fraction or "0")) * 1000)
            if NUMBER.fullmatch(text):
                mantissa, _, exponent = text.lower().partition("e")
                if abs(int(exponent or 0)) > 1000 and fractions.Fraction(mantissa) != 0:
                    return None if int(exponent) > 0 else -1 if mantissa.startswith("-") else 0
                value = fractions.Fraction(mantissa) if abs(int(exponent or 0)) > 1000 else fractions.Fraction(text)
                for limit, factor in ((11, 1000), (14, 1), (17, fractions.Fraction(1, 1000))):
                    if abs(value) < 10**limit:
                        return math.floor(value * factor)
                return math.floor(value / 1000000)
            return None

        for line in sys.stdin:
            case = json.loads(line)
            text = json.loads(case["field"], parse_int=str, parse_float=str)
            expected = milliseconds(text)
            if expected is not None and not -62167219200000 <= expected <= 253402300799999:
                expected = None
            if case.get("time") != expected:
                print(expected, line.strip())
        """#
}
