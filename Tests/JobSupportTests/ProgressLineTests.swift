import JobSupport
import Support
import Synchronization
import Testing

struct ProgressLineTests {
    private final class Screen: Sendable {
        private let writes = Mutex<[String]>([])
        var sink: LineSink {
            LineSink { bytes in self.writes.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } }
        }
        var drawn: [String] { writes.withLock { $0 } }
    }

    private let screen = Screen()
    private let start = ContinuousClock.now

    private func sample(_ records: Int, _ bytes: Int = 0, lag: Int64? = nil) -> ProgressLine.Sample {
        ProgressLine.Sample(records: records, bytes: bytes, lag: lag, memoryBytes: 212 << 20)
    }

    @Test func showsTotalsThenRates() {
        var line = ProgressLine(sink: screen.sink)
        line.update(sample(1000), at: start)
        line.update(sample(43_100, 17_600_000, lag: 1_234_567), at: start + .milliseconds(500))
        line.finish()
        #expect(
            screen.drawn == [
                "\r\u{1B}[K1,000 records  memory 212 MiB",
                "\r\u{1B}[K43,100 records  84,200/s  35.2 MB/s  lag 1,234,567  memory 212 MiB",
                "\r\u{1B}[K",
            ])
    }

    @Test func saysWhatItWaitsFor() {
        var line = ProgressLine(sink: screen.sink)
        line.update(
            ProgressLine.Sample(records: 0, bytes: 0, lag: 0, memoryBytes: 0, isWaitingForGroup: true), at: start)
        #expect(screen.drawn == ["\r\u{1B}[Kwaiting for the consumer group"])
    }

    @Test func isDrawnOnlySoOften() {
        var line = ProgressLine(sink: screen.sink, interval: .seconds(1))
        for tenth in 0..<25 { line.update(sample(tenth), at: start + .milliseconds(100 * tenth)) }
        #expect(screen.drawn.count == 3)
        #expect(!line.isDue(at: start + .milliseconds(2900)))
        #expect(line.isDue(at: start + .milliseconds(3000)))
    }

    @Test func drawsNothingWithoutATerminal() {
        var line = ProgressLine(sink: nil)
        #expect(!line.isDue(at: start))
        line.update(sample(1), at: start)
        line.finish()
        #expect(screen.drawn.isEmpty)
    }

    @Test func finishWithoutADrawnLineLeavesTheScreenAlone() {
        var line = ProgressLine(sink: screen.sink)
        line.finish()
        #expect(screen.drawn.isEmpty)
    }
}
