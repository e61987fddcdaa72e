internal import Bytes
internal import HTTP
internal import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The requests of the JSON API (storage v1). Names are those in the bucket, with the store's prefix.
struct GCSRequests: Sendable {
    /// An object to be written, as far as its content is there.
    struct Upload: Sendable {
        /// What the object will hold.
        struct Whole: Sendable, Equatable {
            var count: Int
            var crc32c: UInt32
        }

        var name: String
        var contentType: String
        /// 0: only if the name is free.
        var ifGeneration: Int64
        /// Where `content` begins in the object: what is before was let go of, since the server has it.
        var start = 0
        var content: ByteRope
        /// nil while more is to come.
        var whole: Whole?

        /// The place of `content` in the object.
        var held: Range<Int> { start..<(start + content.count) }

        /// Whether an object holds what this one shall.
        func isContent(of info: ObjectInfo) -> Bool {
            whole.map { info.size == Int64($0.count) && info.crc32c == $0.crc32c } ?? false
        }
    }

    let bucket: String
    let endpoint: GCSEndpoint
    let timeouts: HTTPTimeouts

    private static let objectFields = "name,size,generation,crc32c"
    private static let maxListBytes = 32 << 20
    /// What an answer that tells of an error may have.
    private static let maxProblemBytes = 64 << 10

    func info(_ name: String, generation: Int64? = nil) -> HTTPRequest {
        var query = [("fields", GCSRequests.objectFields)]
        if let generation { query.append(("generation", String(generation))) }
        return get(objectPath(name), query)
    }

    /// - Parameter acceptEncoding: `gzip` keeps the server from decompressing what is stored compressed.
    func read(
        _ name: String, generation: Int64? = nil, range: Range<Int64>? = nil, limit: Int, acceptEncoding: String
    ) -> HTTPRequest {
        var query = [("alt", "media")]
        if let generation { query.append(("generation", String(generation))) }
        var request = get(objectPath(name), query)
        request.headers.add("Accept-Encoding", acceptEncoding)
        if let range { request.headers.add("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)") }
        request.maxResponseBytes = max(limit, GCSRequests.maxProblemBytes)
        return request
    }

    func list(
        prefix: String, from start: String?, delimiter: Character?, pageToken: String?, limit: Int = 1000
    ) -> HTTPRequest {
        var query = [
            ("fields", "items(\(GCSRequests.objectFields)),prefixes,nextPageToken"), ("maxResults", String(limit)),
            ("prefix", prefix),
        ]
        if let start { query.append(("startOffset", start)) }
        if let delimiter { query.append(("delimiter", String(delimiter))) }
        if let pageToken { query.append(("pageToken", pageToken)) }
        var request = get("/storage/v1/b/\(percentEncoded(bucket))/o", query)
        request.maxResponseBytes = GCSRequests.maxListBytes
        return request
    }

    /// Metadata and bytes in one request. The checksum makes the server refuse damaged bytes.
    func multipart(_ upload: Upload, boundary: String) throws(Failure) -> HTTPRequest {
        let head =
            "--\(boundary)\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n\(try metadata(upload))\r\n"
            + "--\(boundary)\r\nContent-Type: \(upload.contentType)\r\n\r\n"
        var body = ByteRope(head.utf8)
        body.append(contentsOf: upload.content)
        body.append(contentsOf: ByteRope("\r\n--\(boundary)--\r\n".utf8))
        return HTTPRequest(
            .post, uploadURL(upload, type: "multipart"),
            headers: ["Content-Type": "multipart/related; boundary=\(boundary)"], body: HTTPBody(body),
            timeouts: timeouts)
    }

    func startSession(_ upload: Upload) throws(Failure) -> HTTPRequest {
        var headers: HTTPHeaders = [
            "Content-Type": "application/json; charset=UTF-8", "X-Upload-Content-Type": upload.contentType,
        ]
        if let whole = upload.whole { headers.add("X-Upload-Content-Length", String(whole.count)) }
        return HTTPRequest(
            .post, uploadURL(upload, type: "resumable"), headers: headers, body: HTTPBody(try metadata(upload)),
            timeouts: timeouts)
    }

    /// - Parameter range: within `upload.held`.
    func chunk(_ upload: Upload, session: String, range: Range<Int>) -> HTTPRequest {
        var headers: HTTPHeaders = [
            "Content-Type": upload.contentType,
            "Content-Range": "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total(upload))",
        ]
        if let whole = upload.whole, range.upperBound == whole.count {
            headers.add("X-Goog-Hash", "crc32c=\(base64(crc32c: whole.crc32c))")
        }
        let place = range.lowerBound - upload.start..<range.upperBound - upload.start
        return HTTPRequest(
            .put, session, headers: headers, body: HTTPBody(upload.content, range: place), timeouts: timeouts)
    }

    /// How much of the session has arrived?
    func status(_ upload: Upload, session: String) -> HTTPRequest {
        HTTPRequest(.put, session, headers: ["Content-Range": "bytes */\(total(upload))"], timeouts: timeouts)
    }

    func cancel(session: String) -> HTTPRequest {
        HTTPRequest(.delete, session, timeouts: HTTPTimeouts(total: .seconds(10)))
    }

    private func total(_ upload: Upload) -> String { upload.whole.map { String($0.count) } ?? "*" }

    func remove(_ name: String, ifGeneration generation: Int64) -> HTTPRequest {
        let query = formEncoded([("ifGenerationMatch", String(generation))])
        return HTTPRequest(.delete, "\(endpoint.origin)\(objectPath(name))?\(query)", timeouts: timeouts)
    }

    private func get(_ path: String, _ query: [(String, String)]) -> HTTPRequest {
        HTTPRequest(.get, "\(endpoint.origin)\(path)?\(formEncoded(query))", timeouts: timeouts)
    }

    private func objectPath(_ name: String) -> String {
        "/storage/v1/b/\(percentEncoded(bucket))/o/\(percentEncoded(name))"
    }

    private func uploadURL(_ upload: Upload, type: String) -> String {
        let query = formEncoded([
            ("uploadType", type), ("name", upload.name), ("ifGenerationMatch", String(upload.ifGeneration)),
            ("fields", GCSRequests.objectFields),
        ])
        return "\(endpoint.origin)/upload/storage/v1/b/\(percentEncoded(bucket))/o?\(query)"
    }

    private func metadata(_ upload: Upload) throws(Failure) -> String {
        struct Metadata: Encodable {
            var name: String
            var contentType: String
            var crc32c: String?
        }
        let metadata = Metadata(
            name: upload.name, contentType: upload.contentType, crc32c: upload.whole.map { base64(crc32c: $0.crc32c) })
        do {
            return String(decoding: try JSONEncoder().encode(metadata), as: UTF8.self)
        } catch {
            throw Failure(.failure, "the metadata of \(printable(upload.name)) cannot be written as JSON")
        }
    }
}

/// As Cloud Storage writes a CRC-32C: its four bytes, most significant first, in base64.
func base64(crc32c: UInt32) -> String {
    withUnsafeBytes(of: crc32c.bigEndian) { Data($0).base64EncodedString() }
}

func parseCRC32C(base64 text: String) -> UInt32? {
    guard let data = Data(base64Encoded: text), data.count == 4 else { return nil }
    return data.reduce(0) { $0 << 8 | UInt32($1) }
}
