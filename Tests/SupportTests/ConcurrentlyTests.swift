import Support
import Synchronization
import Testing

@Suite struct ConcurrentlyTests {
    @Test func resultsAreInTheElementsOrder() async throws {
        let doubled = try await concurrently(Array(0..<100), limit: 7) { number throws(Failure) in
            for _ in 0..<(number % 5) { await Task.yield() }
            return 2 * number
        }
        #expect(doubled == (0..<100).map { 2 * $0 })
    }

    @Test func afterAFailureNothingIsBegun() async {
        let begun = Mutex(0)
        let failure = await #expect(throws: Failure.self) {
            try await concurrently(Array(0..<100), limit: 1) { number throws(Failure) in
                begun.withLock { $0 += 1 }
                if number == 3 { throw Failure(.unavailable, "no") }
            }
        }
        #expect(failure == Failure(.unavailable, "no") && begun.withLock { $0 } == 4)
    }

    @Test func afterACancellationNothingIsBegun() async {
        let begun = Mutex(0)
        let work = Task {
            try await concurrently(Array(0..<100), limit: 2) { _ throws(Failure) in
                begun.withLock { $0 += 1 }
                while !Task.isCancelled { await Task.yield() }
            }
        }
        while begun.withLock({ $0 }) < 2 { await Task.yield() }
        work.cancel()
        let failure = await #expect(throws: Failure.self) { _ = try await work.value }
        #expect(failure?.status == .notDrained && begun.withLock { $0 } == 2)
    }
}
