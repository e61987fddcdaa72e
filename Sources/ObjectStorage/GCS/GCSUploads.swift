internal import Bytes
internal import HTTP
internal import Support

/// Uploads: small contents in one request, large ones in a session that survives broken connections.
struct GCSUploads: Sendable {
    enum Outcome: Sendable {
        case stored(ObjectInfo)
        /// The name has another generation. `isRepeated`: perhaps because an earlier attempt of this upload gave it that.
        case conditionNotMet(isRepeated: Bool)
    }

    let client: GCSClient
    let requests: GCSRequests
    /// The largest content that is sent in one request.
    let multipartBytes: Int
    let chunkBytes: Int

    private static let maxDamaged = 3

    func run(_ upload: GCSRequests.Upload, _ purpose: GCSClient.Purpose) async throws(Failure) -> Outcome {
        var isRepeated = false
        for _ in 0..<GCSUploads.maxDamaged {
            let isSmall = upload.content.count <= multipartBytes
            var answer = isSmall ? try await sendWhole(upload, purpose) : try await sendChunks(upload, purpose)
            isRepeated = isRepeated || answer.isRepeated
            answer.isRepeated = isRepeated
            if answer.response.status == 400, GCSProblem(answer.response).saysChecksum { continue }
            return try await outcome(answer, upload, purpose)
        }
        throw Failure(
            .unavailable, "\(purpose.description): it arrived damaged \(GCSUploads.maxDamaged) times",
            remedy: "the network or this machine's memory changes data: run elsewhere")
    }

    private func outcome(
        _ answer: GCSClient.Answer, _ upload: GCSRequests.Upload, _ purpose: GCSClient.Purpose
    ) async throws(Failure) -> Outcome {
        if answer.response.status == 412 { return .conditionNotMet(isRepeated: answer.isRepeated) }
        guard answer.response.isSuccess,
            var info = answer.response.decoded(GCSObject.self)?.info(under: client.location.prefix)
        else { throw client.refusal(answer.response, purpose) }
        guard info.size == Int64(upload.content.count), info.crc32c ?? upload.crc32c == upload.crc32c else {
            throw Failure(
                .conflict, "\(purpose.object) was stored with other content than was sent",
                remedy: "delete that object, and find out what changes data on the way")
        }
        info.crc32c = upload.crc32c
        return .stored(info)
    }

    private func sendWhole(
        _ upload: GCSRequests.Upload, _ purpose: GCSClient.Purpose
    ) async throws(Failure) -> GCSClient.Answer {
        let boundary = "part-\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))"
        return try await client.call(try requests.multipart(upload, boundary: boundary), purpose)
    }

    /// The deadline counts from the last progress.
    private func sendChunks(
        _ upload: GCSRequests.Upload, _ purpose: GCSClient.Purpose
    ) async throws(Failure) -> GCSClient.Answer {
        var course = ResumableUpload(total: upload.content.count, chunkBytes: chunkBytes)
        var attempts = client.retrying.begin()
        var isRepeated = false
        while true {
            do throws(GCSClient.Trouble) {
                let step = course.next
                let response = try await client.exchange(try request(for: step, upload), purpose)
                switch try verdict(on: response, to: step, &course, purpose) {
                case .goOn(let isProgress):
                    if isProgress { attempts = client.retrying.begin() }
                case .pause:
                    throw .transient("the upload makes no progress", retryAfter: nil)
                case .final:
                    return GCSClient.Answer(response: response, isRepeated: isRepeated)
                case .nonsense(let reason):
                    throw .final(Failure(.protocolError, "\(purpose.description): \(reason)"))
                }
            } catch {
                isRepeated = true
                course.broke()
                try await client.pause(&attempts, after: error, purpose)
            }
        }
    }

    private func request(
        for step: ResumableUpload.Step, _ upload: GCSRequests.Upload
    ) throws(GCSClient.Trouble) -> HTTPRequest {
        switch step {
        case .start:
            do throws(Failure) { return try requests.startSession(upload) } catch { throw .final(error) }
        case .send(let session, let range): return requests.chunk(upload, session: session, range: range)
        case .askStatus(let session): return requests.status(upload, session: session)
        }
    }

    private func verdict(
        on response: HTTPResponse, to step: ResumableUpload.Step, _ course: inout ResumableUpload,
        _ purpose: GCSClient.Purpose
    ) throws(GCSClient.Trouble) -> ResumableUpload.Verdict {
        guard step == .start else {
            return course.answered(status: response.status, persisted: response.persistedBytes)
        }
        guard response.isSuccess else { return .final }
        guard let location = response.headers["Location"], let session = requests.endpoint.session(location) else {
            throw .final(
                Failure(.protocolError, "\(purpose.description): the server names no upload session of its own"))
        }
        return course.started(session)
    }
}
