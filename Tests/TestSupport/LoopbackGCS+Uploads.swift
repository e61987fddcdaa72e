import Bytes
import Foundation
import HTTP

// Writes to the stand-in, after Cloud Storage's documentation.

extension LoopbackGCS.State {
    mutating func multipart(_ request: LoopbackRequest) -> LoopbackReply {
        let type = request.headers["Content-Type"] ?? ""
        guard type.hasPrefix("multipart/related; boundary="),
            let parts = parts(of: request.body, boundary: String(type.dropFirst("multipart/related; boundary=".count))),
            parts.count == 2, let upload = pendingUpload(request, metadata: parts[0].body)
        else { return .problem(400, "Malformed multipart body.", reason: "badRequest") }
        return store(upload, Array(parts[1].body), contentType: parts[1].type)
    }

    mutating func startSession(_ request: LoopbackRequest, _ origin: String) -> LoopbackReply {
        guard let upload = pendingUpload(request, metadata: Data(request.body)) else {
            return .problem(400, "Malformed request.", reason: "badRequest")
        }
        lastSession += 1
        let id = "session-\(lastSession)"
        let total = request.headers["X-Upload-Content-Length"].flatMap { Int($0) }
        sessions[id] = LoopbackGCS.Session(upload: upload, total: total)
        let url = "\(origin)\(request.path)?uploadType=resumable&upload_id=\(id)"
        return LoopbackReply(200, headers: ["Location": url, "X-GUploader-UploadID": id])
    }

    /// A chunk, or with `bytes */N` a question.
    mutating func chunk(_ request: LoopbackRequest) -> LoopbackReply {
        guard let id = request.query["upload_id"], var session = sessions[id] else {
            return LoopbackReply(404, text: "Not Found")
        }
        guard let (range, total) = contentRange(request), session.total ?? total == total else {
            return .problem(400, "Invalid Content-Range.", reason: "badRequest")
        }
        session.total = total
        if let range {
            guard range.lowerBound == session.bytes.count else {
                return .problem(400, "Invalid request. The chunk leaves a gap.", reason: "badRequest")
            }
            guard range.upperBound == session.total || range.count % (256 << 10) == 0 else {
                return .problem(400, "Invalid request. Chunks are multiples of 262144.", reason: "badRequest")
            }
            session.bytes += request.body
        }
        sessions[id] = session
        guard session.bytes.count == session.total else { return incomplete(session) }
        if let hash = request.headers["X-Goog-Hash"], hash != "crc32c=\(base64(session.bytes))" {
            return .problem(400, "Provided CRC32C does not match the data.", reason: "invalid")
        }
        sessions[id] = nil
        return store(session.upload, session.bytes, contentType: session.upload.contentType)
    }

    private func incomplete(_ session: LoopbackGCS.Session) -> LoopbackReply {
        let headers: HTTPHeaders = session.bytes.isEmpty ? [:] : ["Range": "bytes=0-\(session.bytes.count - 1)"]
        return LoopbackReply(308, headers: headers)
    }

    mutating func cancelSession(_ request: LoopbackRequest) -> LoopbackReply {
        let isKnown = sessions.removeValue(forKey: request.query["upload_id"] ?? "") != nil
        return LoopbackReply(isKnown ? 499 : 404)
    }

    /// The range is nil for a question, the total while it is not known; all of it is nil when it is malformed.
    private func contentRange(_ request: LoopbackRequest) -> (range: Range<Int>?, total: Int?)? {
        guard let text = request.headers["Content-Range"], text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst("bytes ".count).split(separator: "/")
        guard parts.count == 2, parts[1] == "*" || Int(parts[1]) != nil else { return nil }
        let total = Int(parts[1])
        if parts[0] == "*" { return request.body.isEmpty ? (nil, total) : nil }
        let bounds = parts[0].split(separator: "-").compactMap { Int($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1], bounds[1] < total ?? .max else { return nil }
        return (bounds[0]..<bounds[1] + 1, total)
    }

    private mutating func store(
        _ upload: LoopbackGCS.PendingUpload, _ bytes: [UInt8], contentType: String
    ) -> LoopbackReply {
        let actual = base64(bytes)
        if let promised = upload.crc32c, promised != actual {
            return .problem(
                400, "Provided CRC32C \"\(promised)\" doesn't match calculated CRC32C \"\(actual)\".", reason: "invalid"
            )
        }
        if let expected = upload.ifGeneration, (objects[upload.name]?.generation ?? 0) != expected {
            return .problem(
                412, "At least one of the pre-conditions you specified did not hold.", reason: "conditionNotMet")
        }
        lastGeneration += 1
        let object = LoopbackGCS.Object(
            bytes: bytes, contentType: contentType, generation: lastGeneration, contentEncoding: nil)
        objects[upload.name] = object
        return resource(upload.name, object)
    }

    mutating func remove(_ request: LoopbackRequest) -> LoopbackReply {
        guard let (name, object) = find(request) else { return notFound(request) }
        if let expected = request.query["ifGenerationMatch"], expected != String(object.generation) {
            return .problem(
                412, "At least one of the pre-conditions you specified did not hold.", reason: "conditionNotMet")
        }
        objects[name] = nil
        return LoopbackReply(204)
    }

    private func pendingUpload(_ request: LoopbackRequest, metadata: Data) -> LoopbackGCS.PendingUpload? {
        let query = request.query
        guard let json = try? JSONSerialization.jsonObject(with: metadata) as? [String: Any],
            let name = query["name"] ?? json["name"] as? String, json["name"] as? String == name
        else { return nil }
        return LoopbackGCS.PendingUpload(
            name: name, contentType: json["contentType"] as? String ?? "", crc32c: json["crc32c"] as? String,
            ifGeneration: query["ifGenerationMatch"].flatMap { Int64($0) })
    }

    private func parts(of body: [UInt8], boundary: String) -> [(type: String, body: Data)]? {
        let data = Data(body)
        let mark = Data("--\(boundary)".utf8)
        var result: [(String, Data)] = []
        guard var found = data.range(of: mark), found.lowerBound == 0 else { return nil }
        while let next = data.range(of: Data("\r\n".utf8) + mark, in: found.upperBound..<data.count) {
            let part = data[found.upperBound..<next.lowerBound]
            guard let end = part.range(of: Data("\r\n\r\n".utf8)) else { return nil }
            let head = String(decoding: part[..<end.lowerBound], as: UTF8.self)
            let type = head.components(separatedBy: "Content-Type: ").last ?? ""
            result.append((type, Data(part[end.upperBound...])))
            found = next
        }
        return data[found.upperBound...].starts(with: Data("--".utf8)) ? result : nil
    }
}

/// The CRC-32C as Cloud Storage writes it.
func base64(_ bytes: [UInt8]) -> String {
    withUnsafeBytes(of: CRC32C.of(bytes).bigEndian) { Data($0).base64EncodedString() }
}
