import Glibc

/// Starts a detached thread for blocking calls, which must never run on Swift's cooperative pool.
/// - Parameter name: shown by `top -H` and debuggers; Linux keeps 15 bytes.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) throws(Failure) {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(ThreadStart(name: String(name.prefix(15)), body: body))
    let status = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
            start.nameThisThread()
            start.body()
            return nil
        }, start.toOpaque())
    guard status == 0 else {
        start.release()
        throw Failure(.failure, "cannot start the thread \(name): \(systemMessage(status))")
    }
    pthread_detach(thread)
}

/// What the system calls an error number.
package func systemMessage(_ errorNumber: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        buffer.initialize(repeating: 0)
        guard let start = buffer.baseAddress, strerror_r(errorNumber, start, buffer.count - 1) == 0 else {
            return "error \(errorNumber)"
        }
        return String(cString: start)
    }
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) { (self.name, self.body) = (name, body) }

    /// By way of /proc: pthread_setname_np is a GNU extension that Swift does not see.
    func nameThisThread() {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        var text = name
        _ = text.withUTF8 { write(file, $0.baseAddress, $0.count) }
        close(file)
    }
}

/// A few named threads that perform blocking calls for async callers, first come first served. They end when it goes.
package final class BlockingThreads: Sendable {
    private let queue: WorkQueue

    package init(name: String, count: Int) throws(Failure) {
        let queue = WorkQueue()
        self.queue = queue
        for index in 0..<count { try startThread(named: "\(name)-\(index)") { queue.run() } }
    }

    deinit { queue.close() }

    /// Runs `work` on one of the threads and waits for it without blocking. Not cancellable: system calls are not.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.add { continuation.resume(returning: work()) }
        }
    }

    /// As `run`, for work that fails.
    package func attempt<Value: Sendable>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await run { () -> Result<Value, Failure> in
            do throws(Failure) { return .success(try work()) } catch { return .failure(error) }
        }.get()
    }
}

/// `@unchecked Sendable`: `work` and `isClosed` are touched only with `mutex` held. A condition variable needs this mutex,
/// and both need a fixed address.
private final class WorkQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var work: [@Sendable () -> Void] = []
    private var isClosed = false

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func add(_ item: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        work.append(item)
        pthread_cond_signal(changed)
        pthread_mutex_unlock(mutex)
    }

    func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Performs work until closed and empty.
    func run() {
        while let item = next() { item() }
    }

    private func next() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while work.isEmpty {
            if isClosed { return nil }
            pthread_cond_wait(changed, mutex)
        }
        return work.removeFirst()
    }
}
