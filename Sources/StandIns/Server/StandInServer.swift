import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
package import Support

/// Serves the stand-ins on 127.0.0.1, without TLS.
package struct StandInServer: Sendable {
    private let cloud: DevCloud

    /// - Parameters:
    ///   - script: a JSON array of steps (`ScriptStep`), or nothing.
    ///   - seed: what Braintrust has from the start (`BraintrustService.seed`), or nothing.
    ///   - store: where Vertex AI reads and writes.
    /// - Throws: `Failure` of status usage.
    package init(
        _ settings: StandInSettings, script: [UInt8]? = nil, seed: [UInt8]? = nil, store: JobStore = .none
    ) throws(Failure) {
        do {
            cloud = try DevCloud(
                settings, script: try script.map { try Script(JSONValue(parsing: $0)) } ?? Script(),
                seed: try seed.map { try JSONValue(parsing: $0) }, store: store, clock: SystemWallClock())
        } catch {
            throw Failure(.usage, "the script or the seed is not valid: \(error)")
        }
    }

    /// Serves until the task is cancelled or the process ends.
    ///
    /// - Parameters:
    ///   - port: 0 takes one that is free.
    ///   - listening: gets the URL `http://127.0.0.1:<port>`.
    package func run(port: Int, listening: @escaping @Sendable (String) -> Void) async throws {
        let cloud = cloud
        let channel = HTTP1Channel(
            responder: { request, writer, channel in try await Self.respond(request, writer, channel, cloud) })
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in listening("http://127.0.0.1:\(channel.localAddress?.port ?? port)") },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "devcloud") { _ in SwiftLogNoOpLogHandler() })
        try await server.run()
    }

    /// The connection ends because a script wants it.
    private struct Ended: Error {}

    /// On the thread pool, as Hummingbird calls it: the writer may not change its isolation.
    @concurrent
    private static func respond(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel, _ cloud: DevCloud
    ) async throws {
        var call = Call(
            request.method.rawValue, request.uri.path, query: Call.query(request.uri.query ?? ""),
            base: "http://\(request.head.authority ?? "127.0.0.1")")
        for field in request.headers { call.headers[field.name.canonicalName] = field.value }
        let answer: Answer
        do {
            call.body = Array(buffer: try await request.body.collect(upTo: DevCloud.bodyBytesMax))
            answer = await cloud.answer(call)
        } catch is NIOTooManyBytesError {
            answer = .text(413, "Payload Too Large")
        }
        var head = HTTPResponse(status: HTTPResponse.Status(code: answer.status))
        for (name, value) in answer.headers {
            guard let name = HTTPField.Name(name) else { continue }
            head.headerFields[name] = value
        }
        head.headerFields[.contentLength] = String(answer.body.count)
        switch answer.damage {
        case nil: try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        case .cut(let count):
            var body = try await writer.writeHead(head)
            try await body.write(ByteBuffer(bytes: answer.body.prefix(count)))
            throw Ended()
        case .reset:
            // Without lingering, closing sends a reset; it has to come before the usual end, which shuts down first.
            try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
            try await channel.close().get()
            throw Ended()
        }
    }
}
