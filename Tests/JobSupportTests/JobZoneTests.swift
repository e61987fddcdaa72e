import JobSupport
import Support
import Testing

@Suite(.serialized) struct JobZoneTests {
    @Test func yesterdayIsThere() throws {
        let utc = try #require(JobZone("UTC"))
        // 2026-11-20T23:30Z
        let time: Milliseconds = 1_795_217_400_000
        #expect(utc.date(at: time)?.description == "2026-11-20")
        guard let vienna = JobZone("Europe/Vienna"), let york = JobZone("America/New_York") else { return }
        #expect(vienna.date(at: time)?.description == "2026-11-21")
        #expect(york.date(at: time - 20 * 3_600_000)?.description == "2026-11-19")
        #expect(utc.date(at: time)?.description == "2026-11-20")
    }

    @Test(arguments: ["", "Nowhere/City", "../etc/passwd", "/etc/localtime", "Europe/../UTC", "a b"])
    func noZone(_ name: String) { #expect(JobZone(name) == nil) }
}
