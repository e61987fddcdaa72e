/// One UTC hour, counted from 1970-01-01T00. Integer arithmetic only: formatters cost microseconds, this nanoseconds.
package struct Hour: Hashable, Comparable, Sendable {
    package var index: Int64

    package init(index: Int64) { self.index = index }

    /// The hour that a moment lies in.
    package init(containing time: Milliseconds) { index = time.flooredDivision(by: 3_600_000) }

    package var start: Milliseconds { index * 3_600_000 }
    package var end: Milliseconds { start + 3_600_000 }
    package var next: Hour { Hour(index: index + 1) }
    package var hourOfDay: Int { Int(index - index.flooredDivision(by: 24) * 24) }
    /// `YYYY-MM-DD`.
    package var date: String { CivilDate(daysSince1970: index.flooredDivision(by: 24)).description }

    /// The hour of a `YYYY-MM-DD` date and an hour of day; nil when either is not valid.
    package init?(date: some StringProtocol, hourOfDay: Int) {
        guard let date = CivilDate(date), (0..<24).contains(hourOfDay) else { return nil }
        index = date.daysSince1970 * 24 + Int64(hourOfDay)
    }

    package static func < (left: Hour, right: Hour) -> Bool { left.index < right.index }
}

extension Hour: CustomStringConvertible {
    /// `YYYY-MM-DDTHH`.
    package var description: String { "\(date)T\(padded(hourOfDay, 2))" }
}

/// A date of the proleptic Gregorian calendar.
package struct CivilDate: Hashable, Sendable, CustomStringConvertible {
    package var year: Int
    package var month: Int
    package var day: Int

    /// nil when there is no such date, or its year is outside 0...9999.
    package init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= CivilDate.daysIn(month: month, year: year)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// From exactly `YYYY-MM-DD`.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].reduce(Int?(0)) { value, byte in
                guard let value, (0x30...0x39).contains(byte) else { return nil }
                return value * 10 + Int(byte - 0x30)
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10) else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    package init(daysSince1970: Int64) {
        let shifted = daysSince1970 + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    /// Howard Hinnant, days_from_civil.
    package var daysSince1970: Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.flooredDivision(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

    package static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension CivilDate: Comparable {
    package static func < (one: CivilDate, other: CivilDate) -> Bool { one.daysSince1970 < other.daysSince1970 }

    /// So many days later, or earlier.
    package func advanced(by days: Int64) -> CivilDate { CivilDate(daysSince1970: daysSince1970 + days) }
}

/// RFC 3339 in UTC with milliseconds, for logs and stored objects.
package func rfc3339(_ time: Milliseconds) -> String {
    let hour = Hour(containing: time)
    let inHour = time - hour.start
    let (minute, second) = (inHour / 60_000, inHour / 1000 % 60)
    return
        "\(hour.date)T\(padded(hour.hourOfDay, 2)):\(padded(minute, 2)):\(padded(second, 2)).\(padded(inHour % 1000, 3))Z"
}

/// A non-negative number with leading zeros.
package func padded(_ value: some BinaryInteger, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    /// Division that rounds towards negative infinity, as calendars need it.
    package func flooredDivision(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder != 0 && (remainder < 0) != (divisor < 0) ? quotient - 1 : quotient
    }
}
