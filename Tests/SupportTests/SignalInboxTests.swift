import Support
import Synchronization
import Testing

@Suite struct SignalInboxTests {
    private let stopped = Stopped()

    private final class Stopped: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ name: String) -> @Sendable () -> Void { { self.list.withLock { $0.append(name) } } }
    }

    @Test func whatIsAtWorkIsStopped() {
        let inbox = SignalInbox(stop: stopped.add("nothing"))
        inbox.forward(to: stopped.add("load"))
        #expect(!inbox.isReceived && stopped.all.isEmpty)
        inbox.forward(to: stopped.add("tag"))
        inbox.receive()
        #expect(inbox.isReceived && stopped.all == ["tag"])
    }

    @Test func aSignalThatCameBeforeIsKept() {
        let inbox = SignalInbox(stop: stopped.add("nothing"))
        inbox.receive()
        inbox.forward(to: stopped.add("load"))
        #expect(stopped.all == ["nothing", "load"])
    }

    @Test func successIsNotReached() async {
        await #expect(processExitsWith: .exitCode(75)) { SignalInbox.exit(with: .success)() }
        await #expect(processExitsWith: .exitCode(69)) { SignalInbox.exit(with: .unavailable)() }
    }
}
