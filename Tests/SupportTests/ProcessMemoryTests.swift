import Support
import Testing

struct ProcessMemoryTests {
    @Test func growsWithWhatIsHeld() {
        let before = ProcessMemory.currentResidentBytes
        #expect(before > 1 << 20)
        let held = [UInt8](repeating: 1, count: 64 << 20)
        #expect(ProcessMemory.currentResidentBytes >= before + (32 << 20))
        #expect(ProcessMemory.peakResidentBytes >= ProcessMemory.currentResidentBytes - (1 << 20))
        #expect(held[held.count - 1] == 1)
    }
}
