package import Support

/// The date of a `Date` or `Retry-After` header, in the one form that servers may send (RFC 9110, 5.6.7): for example
/// `Sun, 06 Nov 1994 08:49:37 GMT`. nil for anything else.
package func parseHTTPDate(_ text: String) -> Milliseconds? {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0].utf8.count == 4, parts[0].hasSuffix(","), parts[5] == "GMT" else { return nil }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let time = parts[4].split(separator: ":", omittingEmptySubsequences: false)
    guard let month = months.firstIndex(of: String(parts[2])), time.count == 3,
        let day = number(parts[1], digits: 2), let year = number(parts[3], digits: 4),
        let hour = number(time[0], digits: 2), let minute = number(time[1], digits: 2),
        let second = number(time[2], digits: 2), hour < 24, minute < 60, second <= 60,
        let date = CivilDate(year: year, month: month + 1, day: day)
    else { return nil }
    return (date.daysSince1970 * 86_400 + Int64(hour * 3600 + minute * 60 + second)) * 1000
}

private func number(_ text: Substring, digits: Int) -> Int? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
}

extension HTTPResponse {
    /// The server's clock when it answered.
    package var date: Milliseconds? { headers["Date"].flatMap(parseHTTPDate) }

    /// How long the server asks to wait: `Retry-After` in seconds, or until a date by the server's own clock.
    package var retryAfter: Duration? {
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
        guard let until = parseHTTPDate(text), let date else { return nil }
        return .milliseconds(max(0, until - date))
    }
}
