import Dispatch
import Foundation
import HTTP
package import Support
import Synchronization

/// Another project's stand-in for Cloud Storage, fake-gcs-server, as a process on loopback. Ends with this object.
///
/// It ignores preconditions on resumable uploads, and takes a status query for the end of one.
package final class FakeGCSServer: Sendable {
    package static let bucket = "bucket-of-tests"

    /// From `FAKE_GCS_SERVER`.
    package static let path = ProcessInfo.processInfo.environment["FAKE_GCS_SERVER"]
    /// Whether its tests run: where it is named, and in CI, where they fail if it is not.
    package static let isWanted = path != nil || ProcessInfo.processInfo.environment["CI"] != nil

    package let origin: String
    private let process: Mutex<Process?>

    package init() async throws(Failure) {
        guard let path = FakeGCSServer.path else {
            throw Failure(.usage, "FAKE_GCS_SERVER is not set", remedy: "expected the path of fake-gcs-server")
        }
        let port = try LoopbackServer { _ in LoopbackReply(200) }.port  // free a moment later
        origin = "http://127.0.0.1:\(port)"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [
            "-scheme", "http", "-host", "127.0.0.1", "-port", String(port), "-backend", "memory",
            "-external-url", origin, "-public-host", "127.0.0.1:\(port)", "-log-level", "info",
        ]
        let log = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = log
        do { try process.run() } catch { throw Failure(.failure, "\(path) cannot be started") }
        self.process = Mutex(nil)
        let started = process
        self.process.withLock { $0 = started }
        guard await FakeGCSServer.saysThatItListens(log.fileHandleForReading) else {
            throw Failure(.failure, "fake-gcs-server does not listen")
        }
        try await makeBucket()
    }

    deinit {
        process.withLock { process in
            process?.terminate()
            process?.waitUntilExit()
        }
    }

    private func makeBucket() async throws(Failure) {
        let transport = try CurlTransport()
        let request = HTTPRequest(
            .post, "\(origin)/storage/v1/b?project=p", headers: ["Content-Type": "application/json"],
            body: HTTPBody("{\"name\":\"\(FakeGCSServer.bucket)\"}"))
        guard let response = try? await transport.send(request), response.isSuccess else {
            throw Failure(.failure, "fake-gcs-server makes no bucket")
        }
    }

    /// Waits for the line of its log that tells that it listens, and from then on reads the log, so that it is never
    /// held up by a full pipe. False when it ends before, or has not said so after a while.
    private static func saysThatItListens(_ log: FileHandle) async -> Bool {
        let (answers, answer) = AsyncStream.makeStream(of: Bool.self, bufferingPolicy: .bufferingOldest(1))
        let seen = Mutex<[UInt8]>([])
        log.readabilityHandler = { log in
            let bytes = log.availableData
            guard !bytes.isEmpty else {
                log.readabilityHandler = nil
                answer.yield(false)
                return
            }
            let text = seen.withLock { seen in
                if seen.count < 1 << 16 { seen += bytes }
                return String(decoding: seen, as: UTF8.self)
            }
            if text.contains("server started at") { answer.yield(true) }
        }
        let deadline = DispatchSource.makeTimerSource()
        deadline.setEventHandler { answer.yield(false) }
        deadline.schedule(deadline: .now() + 30)
        deadline.resume()
        defer { deadline.cancel() }
        return await answers.first { _ in true } ?? false
    }
}
