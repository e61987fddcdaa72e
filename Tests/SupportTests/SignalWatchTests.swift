import Glibc
import Support
import Testing

/// One test: handlers belong to the whole process.
struct SignalWatchTests {
    @Test func firstSignalAsksAndSecondEnds() async throws {
        let (events, continuation) = AsyncStream<String>.makeStream()
        try SignalWatch.start(
            signals: [SIGUSR1, SIGUSR2], onFirst: { continuation.yield("first \($0 == SIGUSR2)") },
            onSecond: { continuation.yield("second \($0 == SIGUSR1)") })
        var iterator = events.makeAsyncIterator()
        kill(getpid(), SIGUSR2)
        #expect(await iterator.next() == "first true")
        kill(getpid(), SIGUSR1)
        #expect(await iterator.next() == "second true")
        // Would end this process if it were not ignored.
        kill(getpid(), SIGPIPE)
    }
}
