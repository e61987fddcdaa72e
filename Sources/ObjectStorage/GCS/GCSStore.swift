package import Bytes
package import HTTP
package import Support

/// Objects in a Cloud Storage bucket, by its JSON API. Who may use it needs `roles/storage.objectUser`.
///
/// Every write carries a precondition and its content's checksum, so it may be repeated: an answer of 412 is compared with what
/// is there, which finds writes whose answer was lost, and those that took effect long after they were given up.
package final class GCSStore: ObjectStore {
    package struct Options: Sendable {
        package var endpoint: GCSEndpoint
        /// What has to be corrected if it is another bucket, for messages.
        package var namedBy: String
        /// Added to every request.
        package var headers: HTTPHeaders
        package var retrying: Retrying
        package var timeouts: HTTPTimeouts
        /// The largest content that is sent in one request.
        package var multipartBytes: Int
        /// What a larger one is cut into: a multiple of 256 KiB.
        package var chunkBytes: Int

        package init(
            endpoint: GCSEndpoint = .google, namedBy: String = "its name", headers: HTTPHeaders = [:],
            retrying: Retrying = Retrying(), timeouts: HTTPTimeouts = HTTPTimeouts(), multipartBytes: Int = 8 << 20,
            chunkBytes: Int = 8 << 20
        ) {
            self.endpoint = endpoint
            self.namedBy = namedBy
            self.headers = headers
            self.retrying = retrying
            self.timeouts = timeouts
            self.multipartBytes = multipartBytes
            self.chunkBytes = chunkBytes
        }
    }

    /// A listing of more pages is given up: ten million objects.
    private static let maxPages = 10_000
    /// How old the server's clock may be before it is asked again.
    private static let maxClockAge: Duration = .seconds(60)

    private let place: GCSLocation
    private let client: GCSClient
    private let requests: GCSRequests
    private let uploads: GCSUploads

    /// - Parameter authorizer: nil sends no credentials, as emulators want it.
    package init(
        _ place: GCSLocation, transport: any HTTPTransport, authorizer: (any RequestAuthorizer)?,
        options: Options = Options()
    ) {
        self.place = place
        client = GCSClient(
            location: place, namedBy: options.namedBy, transport: transport, authorizer: authorizer,
            headers: options.headers, retrying: options.retrying, clock: ServerClock(options.retrying.clock))
        requests = GCSRequests(bucket: place.bucket, endpoint: options.endpoint, timeouts: options.timeouts)
        uploads = GCSUploads(
            client: client, requests: requests, multipartBytes: options.multipartBytes, chunkBytes: options.chunkBytes)
    }

    package var location: String { place.description }

    // MARK: - Writing

    package func create(
        _ name: String, content: ByteRope, contentType: String
    ) async throws(Failure) -> CreateOutcome {
        let upload = try upload(name, content, contentType, ifGeneration: 0)
        let purpose = purpose("create", name)
        for _ in 0..<3 {
            switch try await uploads.run(upload, purpose) {
            case .stored(let info): return .created(info)
            case .conditionNotMet:
                // nil: deleted in between, so the name is free again.
                guard let info = try await info(name) else { continue }
                return upload.isContent(of: info) ? .created(info) : .taken(info)
            }
        }
        throw Failure(
            .conflict, "\(purpose.description): it exists and does not, in turn", remedy: "somebody deletes it")
    }

    package func replace(
        _ name: String, content: ByteRope, contentType: String, ifGeneration generation: Int64?
    ) async throws(Failure) -> ReplaceOutcome {
        let upload = try upload(name, content, contentType, ifGeneration: generation ?? 0)
        switch try await uploads.run(upload, purpose("replace", name)) {
        case .stored(let info): return .replaced(info)
        case .conditionNotMet(let isRepeated):
            guard isRepeated, let info = try await info(name), upload.isContent(of: info) else { return .changed }
            return .replaced(info)
        }
    }

    package func upload(
        _ name: String, contentType: String, ifGeneration generation: Int64?
    ) async throws(Failure) -> any ObjectUpload {
        let upload = GCSRequests.Upload(
            name: try fullName(name), contentType: contentType, ifGeneration: generation ?? 0, content: ByteRope())
        return GCSUpload(
            name: name, upload: upload, ifGeneration: generation, store: self, uploads: uploads,
            purpose: purpose("upload", name))
    }

    package func remove(_ name: String, ifGeneration generation: Int64) async throws(Failure) -> Bool {
        let purpose = purpose("remove", name)
        let request = requests.remove(try fullName(name), ifGeneration: generation)
        let response = try await client.call(request, purpose).response
        // An earlier attempt may have removed it although its answer was lost.
        if response.isSuccess || isMissing(response) { return true }
        guard response.status == 412 else { throw client.refusal(response, purpose) }
        return false
    }

    private func upload(
        _ name: String, _ content: ByteRope, _ contentType: String, ifGeneration: Int64
    ) throws(Failure) -> GCSRequests.Upload {
        GCSRequests.Upload(
            name: try fullName(name), contentType: contentType, ifGeneration: ifGeneration, content: content,
            whole: GCSRequests.Upload.Whole(count: content.count, crc32c: CRC32C.of(content)))
    }

    // MARK: - Reading

    package func info(_ name: String) async throws(Failure) -> ObjectInfo? {
        let purpose = purpose("look at", name)
        let response = try await client.call(requests.info(try fullName(name)), purpose).response
        if isMissing(response) { return nil }
        guard response.isSuccess, let info = response.decoded(GCSObject.self)?.info(under: place.prefix) else {
            throw client.refusal(response, purpose)
        }
        return info
    }

    package func read(_ name: String, limit: Int) async throws(Failure) -> (info: ObjectInfo, bytes: [UInt8])? {
        let fullName = try fullName(name)
        let purpose = purpose("read", name)
        for _ in 0..<3 {
            let response = try await media(purpose) { encoding in
                requests.read(fullName, limit: limit, acceptEncoding: encoding)
            }
            if isMissing(response) { return nil }
            guard response.status == 200, let generation = response.headers["x-goog-generation"].flatMap({ Int64($0) })
            else { throw client.refusal(response, purpose) }
            guard response.body.count <= limit else {
                throw Failure(.protocolError, "\(purpose.description): it is larger than \(limit) bytes")
            }
            let crc = CRC32C.of(response.body)
            guard response.storedCRC32C ?? crc == crc else { continue }
            let info = ObjectInfo(
                name: name, size: Int64(response.body.count), generation: generation, crc32c: crc)
            return (info, response.body)
        }
        throw Failure(.unavailable, "\(purpose.description): it arrived damaged 3 times")
    }

    package func read(_ object: ObjectInfo, range: Range<Int64>) async throws(Failure) -> [UInt8]? {
        let fullName = try fullName(object.name)
        let purpose = purpose("read", object.name)
        let range = range.clamped(to: 0..<object.size)
        guard !range.isEmpty else {
            let request = requests.info(fullName, generation: object.generation)
            let response = try await client.call(request, purpose).response
            if isMissing(response) { return nil }
            guard response.isSuccess else { throw client.refusal(response, purpose) }
            return []
        }
        let response = try await media(purpose) { encoding in
            requests.read(
                fullName, generation: object.generation, range: range, limit: range.count, acceptEncoding: encoding)
        }
        if isMissing(response) { return nil }
        // A server that knows no ranges answers 200 with everything.
        guard response.status == 206 || (response.status == 200 && range == 0..<object.size),
            response.body.count == range.count
        else { throw client.refusal(response, purpose) }
        return response.body
    }

    /// Bytes as they are stored. `gzip` prevents that the server decompresses what was stored compressed, but lets it compress
    /// what was not: then it is asked once more.
    private func media(
        _ purpose: GCSClient.Purpose, _ request: (_ acceptEncoding: String) -> HTTPRequest
    ) async throws(Failure) -> HTTPResponse {
        for encoding in ["gzip", "identity"] {
            let response = try await client.call(request(encoding), purpose).response
            if !(response.isSuccess && response.isTranscoded) { return response }
        }
        throw Failure(.protocolError, "\(purpose.description): Cloud Storage changes its Content-Encoding")
    }

    /// 404 means the object, or the bucket; the latter is an error of its own.
    private func isMissing(_ response: HTTPResponse) -> Bool {
        response.status == 404 && !GoogleProblem(response).saysBucket
    }

    // MARK: - The bucket

    package func list(
        prefix: String, from start: String?, delimiter: Character?
    ) async throws(Failure) -> ObjectListing {
        let purpose = purpose("list", prefix + "…")
        var listing = ObjectListing(objects: [], prefixes: [])
        var pageToken: String?
        for _ in 0..<GCSStore.maxPages {
            let request = requests.list(
                prefix: place.prefix + prefix, from: start.map { place.prefix + $0 }, delimiter: delimiter,
                pageToken: pageToken)
            let response = try await client.call(request, purpose).response
            guard response.isSuccess, let page = response.decoded(GCSPage.self) else {
                throw client.refusal(response, purpose)
            }
            for item in page.items ?? [] {
                guard let info = item.info(under: place.prefix), info.name.utf8.starts(with: prefix.utf8) else {
                    throw client.refusal(response, purpose)
                }
                listing.objects.append(info)
            }
            for folded in page.prefixes ?? [] where folded.utf8.starts(with: place.prefix.utf8) {
                listing.prefixes.append(String(decoding: folded.utf8.dropFirst(place.prefix.utf8.count), as: UTF8.self))
            }
            guard let token = page.nextPageToken, !token.isEmpty else { return listing }
            guard token != pageToken else { throw client.refusal(response, purpose) }
            pageToken = token
        }
        throw Failure(
            .protocolError, "\(purpose.description): the listing does not end after \(GCSStore.maxPages) pages")
    }

    package func now() async throws(Failure) -> Milliseconds {
        if let now = client.clock.now(maxAge: GCSStore.maxClockAge) { return now }
        let purpose = purpose("ask the time of", "")
        let request = requests.list(prefix: place.prefix, from: nil, delimiter: nil, pageToken: nil, limit: 1)
        let response = try await client.call(request, purpose).response
        guard response.isSuccess else { throw client.refusal(response, purpose) }
        guard let now = client.clock.now(maxAge: GCSStore.maxClockAge) else {
            throw Failure(.protocolError, "\(location): its answers have no Date")
        }
        return now
    }

    private func purpose(_ verb: String, _ name: String) -> GCSClient.Purpose {
        GCSClient.Purpose(verb: verb, object: place.url(of: name))
    }

    private func fullName(_ name: String) throws(Failure) -> String {
        try checkName(name, in: location)
        let full = place.prefix + name
        guard full.utf8.count <= 1024 else {
            throw Failure(.failure, "\(place.url(of: name)) is longer than the 1024 bytes that a name may have")
        }
        return full
    }
}
