import Glibc
import Support
import Synchronization
import Testing

struct FailpointTests {
    @Test func nothingAskedForNothingHappens() throws {
        #expect(try Failpoint.trigger(environment: [:]) == nil)
        #expect(try Failpoint.trigger(environment: ["LOADER_FAILPOINT": ""]) == nil)
        let failpoints = Failpoints(nil, stop: { Issue.record("stopped") })
        for point in Failpoint.allCases { failpoints.hit(point) }
    }

    @Test func stopsOnceAtTheHitAskedFor() throws {
        let trigger = try #require(try Failpoint.trigger(environment: ["LOADER_FAILPOINT": "after-file:3"]))
        #expect(trigger == Failpoint.Trigger(.afterFile, hit: 3))
        let stops = Counter()
        let failpoints = Failpoints(trigger, stop: { stops.increment() })
        for expected in [0, 0, 1, 1] {
            failpoints.hit(.afterPlan)
            failpoints.hit(.afterFile)
            #expect(stops.value == expected)
        }
    }

    @Test func stopsByKillingTheProcess() async {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            Failpoints(Failpoint.Trigger(.beforeSeal)).hit(.beforeSeal)
        }
    }

    @Test(arguments: ["before-lunch", "after-file:0", "after-file:x", "after-file:", ":1"])
    func unknownPointIsAUsageError(text: String) {
        let points = Failpoint.allCases.map(\.rawValue).joined(separator: ", ")
        let message = "LOADER_FAILPOINT is '\(text)'; expected one of \(points), and :N for the N-th time"
        #expect(throws: Failure(.usage, message)) { try Failpoint.trigger(environment: ["LOADER_FAILPOINT": text]) }
    }
}

private final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func increment() { count.add(1, ordering: .relaxed) }
}
