import Foundation
import Support
import Testing

struct CivilTimeTests {
    private static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// The calendar repeats after 400 years: these, and every 97th day of them against Foundation's calendar.
    @Test func everyDayOfFourCenturies() {
        let days = Int64(-30_000)..<(146_097 - 30_000)
        let wrong = days.filter { day in
            let date = CivilDate(daysSince1970: day)
            return date.daysSince1970 != day || CivilDate(date.description) != date
        }
        #expect(wrong.isEmpty)
        for day in stride(from: days.lowerBound, to: days.upperBound, by: 97) {
            let date = CivilDate(daysSince1970: day)
            let moment = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = Self.utc.dateComponents([.year, .month, .day], from: moment)
            #expect([date.year, date.month, date.day] == [parts.year, parts.month, parts.day])
        }
    }

    @Test(arguments: [
        "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-04-31", "2026-1-01", "2026-01-1",
        "20260101", "+026-01-01", "2026-01-011", "2026/01/01", "",
    ])
    func noDates(text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test(arguments: ["2024-02-29", "2000-02-29", "0000-01-01", "9999-12-31"])
    func dates(text: String) {
        #expect(CivilDate(text)?.description == text)
    }

    @Test func hoursBeginAndEnd() throws {
        let hour = try #require(Hour(date: "2026-11-20", hourOfDay: 13))
        #expect(Hour(containing: hour.start) == hour)
        #expect(Hour(containing: hour.end - 1) == hour)
        #expect(Hour(containing: hour.end) == hour.next)
        #expect(hour.description == "2026-11-20T13")
        #expect(hour.date == "2026-11-20" && hour.hourOfDay == 13)
        #expect(Hour(date: "2026-11-20", hourOfDay: 24) == nil)
        #expect(Hour(date: "2026-11-20", hourOfDay: -1) == nil)
    }

    @Test func beforeTheEpoch() {
        #expect(Hour(containing: -1).description == "1969-12-31T23")
        #expect(rfc3339(-1) == "1969-12-31T23:59:59.999Z")
    }

    @Test func momentsAsText() {
        #expect(rfc3339(0) == "1970-01-01T00:00:00.000Z")
        #expect(rfc3339(1_795_235_999_123) == "2026-11-21T04:39:59.123Z")
    }
}
