import Testing

@testable import Support

struct ProcessMemoryTests {
    @Test func growsWithWhatIsHeld() {
        let before = ProcessMemory.currentResidentBytes
        #expect(before > 1 << 20)
        let held = [UInt8](repeating: 1, count: 64 << 20)
        #expect(ProcessMemory.currentResidentBytes >= before + (32 << 20))
        #expect(ProcessMemory.peakResidentBytes >= ProcessMemory.currentResidentBytes - (1 << 20))
        #expect(held[held.count - 1] == 1)
    }

    @Test(
        arguments: [
            ("Name:\tloader\nVmPeak:\t 9000 kB\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n", 2_097_152),
            ("Name:\tVmHWM: 1 kB\n", nil), ("VmHWM:\tmany kB\n", nil), ("", nil),
        ] as [(String, Int?)])
    func peakOfAStatus(text: String, bytes: Int?) {
        #expect(ProcessMemory.highWaterMark(inStatus: text) == bytes)
    }
}
