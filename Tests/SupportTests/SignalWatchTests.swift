import Glibc
import Support
import Testing

/// Each with signals of its own, or in a process of its own: handlers belong to the whole process.
struct SignalWatchTests {
    @Test func secondSignalEndsTheProcess() async {
        await #expect(processExitsWith: .exitCode(128 + SIGTERM)) {
            let (events, continuation) = AsyncStream<Int32>.makeStream()
            try SignalWatch.start(onFirst: { continuation.yield($0) })
            kill(getpid(), SIGINT)
            for await number in events {
                guard number == SIGINT else { exit(1) }
                kill(getpid(), SIGTERM)
            }
        }
    }

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
