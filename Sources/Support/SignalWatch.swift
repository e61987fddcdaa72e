import Glibc
import Synchronization

/// Turns SIGTERM and SIGINT into a request to stop; the second one ends the process at once.
///
/// The handler writes the signal's number into a pipe, and a thread of its own reads it: so this works whatever other
/// threads block, and although almost nothing may be called in a handler (signal-safety(7)).
package enum SignalWatch {
    /// To be called once, early. SIGPIPE is ignored from then on: a reader that went away is an error of write(2).
    /// - Parameters:
    ///   - onFirst: gets the signal's number, on the watching thread; must return soon.
    ///   - onSecond: what a further signal does; ends the process with 128 and the signal's number unless a test says
    ///     otherwise.
    package static func start(
        signals: [Int32] = [SIGTERM, SIGINT], onFirst: @escaping @Sendable (Int32) -> Void,
        onSecond: @escaping @Sendable (Int32) -> Void = { _exit(128 + $0) }
    ) throws(Failure) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(.failure, "cannot watch for signals: no pipe") }
        signalPipe.store(ends[1], ordering: .releasing)
        let readingEnd = ends[0]
        try startThread(named: "signals") { watch(readingEnd, onFirst: onFirst, onSecond: onSecond) }
        for number in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalPipe.load(ordering: .acquiring), &byte, 1)
                errno = saved
            }
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
        signal(SIGPIPE, SIG_IGN)
    }

    private static func watch(
        _ pipe: Int32, onFirst: @Sendable (Int32) -> Void, onSecond: @Sendable (Int32) -> Void
    ) {
        var isFirst = true
        var number: UInt8 = 0
        while true {
            let count = read(pipe, &number, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return }
            (isFirst ? onFirst : onSecond)(Int32(number))
            isFirst = false
        }
    }
}

/// The writing end, for the handler.
private let signalPipe = Atomic<Int32>(-1)
