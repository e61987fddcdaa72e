import Glibc
import HTTP
package import Support
import Synchronization

/// An HTTP/1.1 server on 127.0.0.1 for tests: a thread for each connection, a closure for the answers. Stops when it goes.
package final class LoopbackServer: Sendable {
    package typealias Handler = @Sendable (LoopbackRequest) -> LoopbackReply

    private let socket: LoopbackListener

    /// `http://127.0.0.1:port`.
    package var origin: String { "http://127.0.0.1:\(socket.port)" }
    package var port: Int { socket.port }
    /// Every request so far.
    package var requests: [LoopbackRequest] { socket.log.withLock(\.requests) }
    /// How many connections were accepted.
    package var connections: Int { socket.log.withLock(\.connections) }

    package init(_ handler: @escaping Handler) throws(Failure) {
        let socket = try LoopbackListener()
        self.socket = socket
        try startThread(named: "loopback") { socket.accept(handler) }
    }

    deinit { socket.stop() }

    package func stop() { socket.stop() }
}

/// The sockets of a server. Connection threads keep it until they end.
private final class LoopbackListener: Sendable {
    struct Log {
        var requests: [LoopbackRequest] = []
        var connections = 0
        var open: Set<Int32> = []
        var isStopped = false
    }

    let port: Int
    let log = Mutex(Log())
    private let listening: Int32

    init() throws(Failure) {
        listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listening
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 128) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isReady else { throw Failure(.failure, "no loopback socket: \(systemMessage(errno))") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    func stop() {
        log.withLock { log in
            guard !log.isStopped else { return }
            log.isStopped = true
            shutdown(listening, Int32(SHUT_RDWR))
            for connection in log.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    func accept(_ handler: @escaping LoopbackServer.Handler) {
        while true {
            let connection = Glibc.accept(listening, nil, nil)
            guard connection >= 0 else { break }
            let isWelcome = log.withLock { log in
                guard !log.isStopped else { return false }
                log.connections += 1
                log.open.insert(connection)
                return true
            }
            guard isWelcome, (try? startThread(named: "loopback-conn", { self.serve(connection, handler) })) != nil
            else {
                close(connection)
                continue
            }
        }
        close(listening)
    }

    private func serve(_ connection: Int32, _ handler: LoopbackServer.Handler) {
        var stream = LoopbackStream(connection)
        while let request = stream.readRequest() {
            log.withLock { $0.requests.append(request) }
            let reply = handler(request)
            guard stream.send(reply, to: request) else { break }
        }
        stream.end()
        log.withLock { _ = $0.open.remove(connection) }
        close(connection)
    }
}

/// One connection.
private struct LoopbackStream {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var isReset = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    mutating func readRequest() -> LoopbackRequest? {
        let end = Array("\r\n\r\n".utf8)
        var headEnd: Int?
        while headEnd == nil {
            headEnd = buffer.indices.first { buffer[$0...].starts(with: end) }
            if headEnd == nil, !fill() { return nil }
        }
        guard let headEnd else { return nil }
        let lines = String(decoding: buffer[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let start = lines[0].split(separator: " ")
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers.add(String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
        let length = headers["Content-Length"].flatMap { Int($0) } ?? 0
        buffer.removeFirst(headEnd + end.count)
        while buffer.count < length { if !fill() { return nil } }
        let body = Array(buffer.prefix(length))
        buffer.removeFirst(length)
        return LoopbackRequest(
            method: String(start[0]), target: String(start[1]), headers: headers, body: body)
    }

    /// - Returns: whether the connection goes on.
    mutating func send(_ reply: LoopbackReply, to request: LoopbackRequest) -> Bool {
        let body = request.method == "HEAD" ? [] : reply.body
        switch reply.fault {
        case nil: return write(reply.head(for: request.method) + body)
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            isReset = true
        case .stall: waitForTheOtherSide()
        case .cutHead(let count): _ = write(Array(reply.head(for: request.method).prefix(count)))
        case .cutBody(let count): _ = write(reply.head(for: request.method) + body.prefix(count))
        case .stallBody(let count):
            _ = write(reply.head(for: request.method) + body.prefix(count))
            waitForTheOtherSide()
        }
        return false
    }

    /// Ends the connection in one way: our end comes after all that was sent, and nothing that the other side still
    /// sends turns it into a reset.
    func end() {
        guard !isReset else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        waitForTheOtherSide()
    }

    private func waitForTheOtherSide() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    private mutating func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &piece, piece.count, 0)
        guard count > 0 else { return false }
        buffer += piece[..<count]
        return true
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(
                    descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
