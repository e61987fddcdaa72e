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

    /// How far the steps of a resumable upload led.
    enum Sent: Sendable {
        /// To the answer to the whole upload.
        case answered(GCSClient.Answer)
        /// More content has to come.
        case partly
        /// The server no longer has what was let go of.
        case lost
    }

    let client: GCSClient
    let requests: GCSRequests
    /// The largest content that is sent in one request.
    let multipartBytes: Int
    let chunkBytes: Int

    private static let maxDamaged = 3

    /// Writes an object whose content is there whole.
    func run(_ upload: GCSRequests.Upload, _ purpose: GCSClient.Purpose) async throws(Failure) -> Outcome {
        var isRepeated = false
        for _ in 0..<GCSUploads.maxDamaged {
            var course = course(of: upload)
            let isSmall = upload.content.count <= multipartBytes
            let sent = isSmall ? try await sendWhole(upload, purpose) : try await send(upload, &course, purpose)
            guard case .answered(var answer) = sent else { break }
            isRepeated = isRepeated || answer.isRepeated
            answer.isRepeated = isRepeated
            guard let outcome = try outcome(answer, upload, purpose) else { continue }
            return outcome
        }
        throw damaged(purpose)
    }

    func course(of upload: GCSRequests.Upload) -> ResumableUpload {
        ResumableUpload(held: upload.held, isComplete: upload.whole != nil, chunkBytes: chunkBytes)
    }

    /// What the answer to the last request of an upload means; nil: that its bytes changed on the way.
    func outcome(
        _ answer: GCSClient.Answer, _ upload: GCSRequests.Upload, _ purpose: GCSClient.Purpose
    ) throws(Failure) -> Outcome? {
        if answer.response.status == 400, GoogleProblem(answer.response).saysChecksum { return nil }
        if answer.response.status == 412 { return .conditionNotMet(isRepeated: answer.isRepeated) }
        guard answer.response.isSuccess, let whole = upload.whole,
            var info = answer.response.decoded(GCSObject.self)?.info(under: client.location.prefix)
        else { throw client.refusal(answer.response, purpose) }
        guard info.size == Int64(whole.count), info.crc32c ?? whole.crc32c == whole.crc32c else {
            throw Failure(
                .conflict, "\(purpose.object) was stored with other content than was sent",
                remedy: "delete that object, and find out what changes data on the way")
        }
        info.crc32c = whole.crc32c
        return .stored(info)
    }

    func damaged(_ purpose: GCSClient.Purpose) -> Failure {
        Failure(
            .unavailable, "\(purpose.description): it arrives damaged",
            remedy: "run again; if that does not help, something changes data on the way: run elsewhere")
    }

    private func sendWhole(
        _ upload: GCSRequests.Upload, _ purpose: GCSClient.Purpose
    ) async throws(Failure) -> Sent {
        let boundary = "part-\(UInt64.random(in: .min ... .max))-\(UInt64.random(in: .min ... .max))"
        return .answered(try await client.call(try requests.multipart(upload, boundary: boundary), purpose))
    }

    /// Takes the steps of an upload that can be taken by now. The deadline counts from the last progress.
    func send(
        _ upload: GCSRequests.Upload, _ course: inout ResumableUpload, _ purpose: GCSClient.Purpose
    ) async throws(Failure) -> Sent {
        var attempts = client.retrying.begin()
        var isRepeated = false
        while let step = course.next {
            do throws(GCSClient.Trouble) {
                let response = try await client.exchange(try request(for: step, upload), purpose)
                switch try verdict(on: response, to: step, &course, purpose) {
                case .goOn(let isProgress):
                    if isProgress { attempts = client.retrying.begin() }
                case .pause:
                    throw .transient("the upload makes no progress", retryAfter: nil)
                case .final:
                    return .answered(GCSClient.Answer(response: response, isRepeated: isRepeated))
                case .lost:
                    return .lost
                case .nonsense(let reason):
                    throw .final(Failure(.protocolError, "\(purpose.description): \(reason)"))
                }
            } catch {
                isRepeated = true
                course.broke()
                try await client.pause(&attempts, after: error, purpose)
            }
        }
        return .partly
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
