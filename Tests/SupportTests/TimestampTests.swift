import Support
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        ("2026-11-21T07:30:01Z", 1_795_246_201_000), ("2026-11-21t07:30:01.1239z", 1_795_246_201_123),
        ("2026-11-21T09:30:01.5+02:00", 1_795_246_201_500), ("2026-11-21T02:00:01-05:30", 1_795_246_201_000),
        ("1970-01-01T00:00:00Z", 0),
    ])
    func moments(text: String, time: Int64) {
        #expect(parseTimestamp(text) == time)
    }

    @Test(arguments: [
        "", "2026-11-21", "2026-11-21T07:30:01", "2026-13-21T07:30:01Z", "2026-11-21T24:30:01Z",
        "2026-11-21T07:30:01.Z",
        "2026-11-21T07:30:61Z", "2026-11-21T07:30:01+0200", "2026-11-21T07:30:01ZZ", "21 Nov 2026 07:30:01 GMT",
        "2026-11-21T07:30:01.\(String(repeating: "1", count: 60))Z",
    ])
    func noMoments(text: String) {
        #expect(parseTimestamp(text) == nil)
    }
}
