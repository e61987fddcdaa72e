internal import CLibrdkafka

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A thread for a library that blocks, so that the cooperative pool does not.
enum NamedThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }
    }

    /// Runs `body` on a new detached thread; false when the system has none to give.
    /// - Parameter name: as tools show it; at most 15 bytes.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(&thread, nil, runNamedThread, start.toOpaque())
        guard status == 0 else {
            start.release()
            return false
        }
        return true
    }

    fileprivate static func run(_ argument: UnsafeMutableRawPointer) {
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        name_current_thread(start.name)
        pthread_detach(pthread_self())
        start.body()
    }
}

#if canImport(Darwin)
    private func runNamedThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        NamedThread.run(argument)
        return nil
    }
#else
    private func runNamedThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        if let argument { NamedThread.run(argument) }
        return nil
    }
#endif
