/// A moment as web APIs write it: `2026-11-21T07:30:00Z`, with a fraction or not, with an offset for `Z` or not (RFC 3339).
/// Floored to milliseconds; nil for anything else.
package func parseTimestamp(_ text: String) -> Milliseconds? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 40, bytes[10] | 0x20 == UInt8(ascii: "t"),
        let date = CivilDate(String(decoding: bytes[..<10], as: UTF8.self)),
        let time = minutes(bytes[11..<16]), bytes[16] == UInt8(ascii: ":"), let second = twoDigits(bytes[17..<19]),
        second <= 60
    else { return nil }
    var rest = bytes[19...]
    var milliseconds: Int64 = 0
    if rest.first == UInt8(ascii: ".") {
        let digits = rest.dropFirst().prefix { isDigit($0) }
        guard !digits.isEmpty else { return nil }
        for place in 0..<3 {
            let digit = place < digits.count ? digits[digits.startIndex + place] - UInt8(ascii: "0") : 0
            milliseconds = milliseconds * 10 + Int64(digit)
        }
        rest = rest.dropFirst(digits.count + 1)
    }
    guard let offset = offsetMinutes(rest) else { return nil }
    return (date.daysSince1970 * 1440 + Int64(time - offset)) * 60_000 + Int64(min(second, 59)) * 1000 + milliseconds
}

private func offsetMinutes(_ text: ArraySlice<UInt8>) -> Int? {
    if text.count == 1 { return text.first.map { $0 | 0x20 == UInt8(ascii: "z") } == true ? 0 : nil }
    guard text.count == 6, let size = minutes(text.dropFirst()) else { return nil }
    switch text.first {
    case UInt8(ascii: "+"): return size
    case UInt8(ascii: "-"): return -size
    default: return nil
    }
}

/// `HH:MM`.
private func minutes(_ text: ArraySlice<UInt8>) -> Int? {
    guard text.count == 5, text[text.startIndex + 2] == UInt8(ascii: ":"), let hour = twoDigits(text.prefix(2)),
        let minute = twoDigits(text.suffix(2)), hour < 24, minute < 60
    else { return nil }
    return hour * 60 + minute
}

private func twoDigits(_ text: ArraySlice<UInt8>) -> Int? {
    guard text.count == 2, text.allSatisfy(isDigit) else { return nil }
    return text.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
