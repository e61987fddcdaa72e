import Bytes
import Foundation
import HTTP
import ObjectStorage

// What the stand-in answers to questions.

extension LoopbackGCS.State {
    func info(_ request: LoopbackRequest) -> LoopbackReply {
        guard let (name, object) = find(request) else { return notFound(request) }
        return resource(name, object)
    }

    func read(_ request: LoopbackRequest) -> LoopbackReply {
        guard let (_, object) = find(request) else { return notFound(request) }
        let accepts = request.headers["Accept-Encoding"]?.contains("gzip") == true
        var headers: HTTPHeaders = [
            "x-goog-generation": String(object.generation), "Content-Type": object.contentType,
            "x-goog-hash": "crc32c=\(base64(object.bytes)),md5=unchecked",
            "x-goog-stored-content-encoding": object.contentEncoding ?? "identity",
            "x-goog-stored-content-length": String(object.bytes.count),
        ]
        if object.contentEncoding == nil, accepts, compressesOnTheFly {
            headers.add("Content-Encoding", "gzip")
            return LoopbackReply(200, headers: headers, text: "compressed on the fly")
        }
        if let encoding = object.contentEncoding {
            // Transcoding: checksum and ranges are those of other bytes.
            guard accepts else { return LoopbackReply(200, headers: headers, text: "decompressed on the fly") }
            headers.add("Content-Encoding", encoding)
        }
        guard let range = request.headers["Range"] else {
            return LoopbackReply(200, headers: headers, body: object.bytes)
        }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard bounds.count == 2, bounds[0] < object.bytes.count else { return LoopbackReply(416) }
        return LoopbackReply(
            206, headers: headers, body: Array(object.bytes[bounds[0]..<min(bounds[1] + 1, object.bytes.count)]))
    }

    /// Pages hold `pageSize` names; a token is the index of the next one.
    func list(_ request: LoopbackRequest) -> LoopbackReply {
        let query = request.query
        var fold = ListingFold(
            prefix: query["prefix"] ?? "", from: query["startOffset"], delimiter: query["delimiter"]?.first)
        for name in objects.keys.sorted(by: isBefore) {
            fold.add(ObjectInfo(name: name, size: 0, generation: 0, crc32c: nil))
        }
        let names = (fold.listing.objects.map(\.name) + fold.listing.prefixes).sorted(by: isBefore)
        let start = query["pageToken"].flatMap { Int($0) } ?? 0
        let size = min(pageSize, query["maxResults"].flatMap { Int($0) } ?? 1000)
        let page = names.dropFirst(start).prefix(size)
        var answer: [String: Any] = ["kind": "storage#objects"]
        let items = page.compactMap { name in objects[name].map { fields(name, $0) } }
        if !items.isEmpty { answer["items"] = items }
        let prefixes = page.filter { objects[$0] == nil }
        if !prefixes.isEmpty { answer["prefixes"] = Array(prefixes) }
        if start + page.count < names.count { answer["nextPageToken"] = String(start + page.count) }
        return .json(answer)
    }

    func resource(_ name: String, _ object: LoopbackGCS.Object) -> LoopbackReply { .json(fields(name, object)) }

    private func fields(_ name: String, _ object: LoopbackGCS.Object) -> [String: Any] {
        [
            "name": name, "size": String(object.bytes.count), "generation": String(object.generation),
            "crc32c": base64(object.bytes),
        ]
    }

    private func find(_ request: LoopbackRequest) -> (String, LoopbackGCS.Object)? {
        guard let slash = request.path.lastIndex(of: "/") else { return nil }
        let name = percentDecoded(String(request.path[request.path.index(after: slash)...]))
        guard let object = objects[name] else { return nil }
        if let wanted = request.query["generation"], wanted != String(object.generation) { return nil }
        return (name, object)
    }

    private func notFound(_ request: LoopbackRequest) -> LoopbackReply {
        .problem(404, "No such object: \(request.path)", reason: "notFound")
    }
}

extension LoopbackReply {
    fileprivate static func json(_ value: [String: Any]) -> LoopbackReply {
        let data = (try? JSONSerialization.data(withJSONObject: value)) ?? Data()
        return LoopbackReply(200, headers: ["Content-Type": "application/json; charset=UTF-8"], body: Array(data))
    }
}
