import Support
import Testing

struct UnitsTests {
    @Test(arguments: [
        ("0s", 0), ("500ms", 500), ("90s", 90_000), ("10m", 600_000), ("1h30m", 5_400_000), ("7d", 604_800_000),
        ("1d2h3m4s5ms", 93_784_005), ("100d", 8_640_000_000),
    ])
    func durations(text: String, milliseconds: Int64) {
        #expect(Duration(text: text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "90", "s", "1.5h", "-1s", "+1s", " 1s", "1s ", "1m1h", "1s1s", "1w", "1S", "9223372036854775807d", "1h30",
        "٣s",
        "99999999999999999999s",
    ])
    func noDurations(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(arguments: ["0s", "500ms", "1m30s", "10m", "1h30m", "7d", "1d1ms"])
    func durationsAreWrittenAsTheyAreRead(text: String) throws {
        #expect(try #require(Duration(text: text)).text == text)
    }

    @Test(arguments: [
        ("0", 0), ("4096", 4096), ("4096B", 4096), ("512KiB", 524_288), ("160MiB", 167_772_160), ("8MB", 8_000_000),
        ("1gib", 1 << 30), ("2TiB", 2 << 40), ("3kb", 3000),
    ])
    func sizes(text: String, bytes: Int) {
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "1.5GiB", "-1", "+1", "1 MiB", "1M", "9223372036854775807KiB", "1MiBB", "٣"])
    func noSizes(text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test(arguments: [
        (0, "0B"), (1000, "1KB"), (64_000_000, "64MB"), (16_000_000, "16MB"), (1024, "1KiB"), (1536, "1536B"),
        (160 << 20, "160MiB"), (3 << 40, "3TiB"),
    ])
    func sizesAreWrittenAsTheyAreRead(bytes: Int, text: String) {
        #expect(ByteSize.text(bytes) == text)
        #expect(ByteSize.parse(text) == bytes)
    }
}
