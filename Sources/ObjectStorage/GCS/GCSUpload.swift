internal import Bytes
internal import HTTP
internal import Support

/// An upload to Cloud Storage: a session for what is more than one chunk, and else one request at its end.
///
/// In memory is what the server may not have yet: at most a chunk between calls.
actor GCSUpload: ObjectUpload {
    private enum State {
        case open
        /// The name was not as expected; the rest is only counted.
        case conditionNotMet(isRepeated: Bool)
        case failed(Failure)
        case over
    }

    private let name: String
    private let ifGeneration: Int64?
    private let store: GCSStore
    private let uploads: GCSUploads
    private let purpose: GCSClient.Purpose
    private var upload: GCSRequests.Upload
    private var course: ResumableUpload
    private var state = State.open
    private var count = 0
    private var crc32c = CRC32C()

    init(
        name: String, upload: GCSRequests.Upload, ifGeneration: Int64?, store: GCSStore, uploads: GCSUploads,
        purpose: GCSClient.Purpose
    ) {
        (self.name, self.ifGeneration, self.store, self.uploads) = (name, ifGeneration, store, uploads)
        (self.upload, self.purpose) = (upload, purpose)
        course = uploads.course(of: upload)
    }

    func append(_ content: ByteRope) async throws(Failure) {
        try checkUsable()
        count += content.count
        crc32c.update(content)
        guard case .open = state else { return }
        upload.content.append(contentsOf: content)
        do throws(Failure) {
            switch try await send() {
            case .partly: return
            case .lost: throw lost
            case .answered(let answer):
                // The end of an upload that goes on can only be a refusal.
                guard case .conditionNotMet(let isRepeated) = try uploads.outcome(answer, upload, purpose) else {
                    throw uploads.damaged(purpose)
                }
                state = .conditionNotMet(isRepeated: isRepeated)
                letGo()
            }
        } catch { throw failed(error) }
    }

    func finish() async throws(Failure) -> UploadOutcome {
        try checkUsable()
        upload.whole = GCSRequests.Upload.Whole(count: count, crc32c: crc32c.value)
        do throws(Failure) {
            let outcome = try await end()
            state = .over
            letGo()
            return outcome
        } catch { throw failed(error) }
    }

    func cancel() async {
        if case .over = state { return }
        state = .over
        letGo()
        guard let session = course.session else { return }
        let request = uploads.requests.cancel(session: session)
        // A session that nobody cancels is forgotten after a week, so one attempt is enough. A task of its own: the caller's may
        // be cancelled.
        _ = await Task { [uploads, purpose] in try? await uploads.client.exchange(request, purpose) }.value
    }

    /// Sends what can be sent by now, and lets go of what has arrived.
    private func send() async throws(Failure) -> GCSUploads.Sent {
        var course = course
        defer { self.course = course }
        course.hold(upload.held, isComplete: upload.whole != nil)
        let sent = try await uploads.send(upload, &course, purpose)
        if case .partly = sent { upload.start += upload.content.dropBlocks(before: course.persisted - upload.start) }
        return sent
    }

    private func end() async throws(Failure) -> UploadOutcome {
        if case .conditionNotMet(let isRepeated) = state { return try await taken(isRepeated) }
        guard course.session != nil else { return try await sendAtOnce() }
        guard case .answered(let answer) = try await send() else {
            // A session also goes when it is done.
            let info = try await store.info(name)
            guard let info, info.generation != ifGeneration, upload.isContent(of: info) else { throw lost }
            return .written(info)
        }
        switch try uploads.outcome(answer, upload, purpose) {
        case .stored(let info): return .written(info)
        case .conditionNotMet(let isRepeated): return try await taken(isRepeated)
        case nil:
            guard upload.start == 0 else { throw uploads.damaged(purpose) }
            return try await sendAtOnce()
        }
    }

    /// Everything is still here: the same as for contents that were never in pieces.
    private func sendAtOnce() async throws(Failure) -> UploadOutcome {
        guard let ifGeneration else {
            switch try await store.create(name, content: upload.content, contentType: upload.contentType) {
            case .created(let info): return .written(info)
            case .taken(let info): return .taken(info)
            }
        }
        let outcome = try await store.replace(
            name, content: upload.content, contentType: upload.contentType, ifGeneration: ifGeneration)
        switch outcome {
        case .replaced(let info): return .written(info)
        case .changed: return .taken(try await store.info(name))
        }
    }

    /// The name has another generation: perhaps from an attempt of this upload, or of an earlier one, whose answer was lost.
    private func taken(_ isRepeated: Bool) async throws(Failure) -> UploadOutcome {
        let info = try await store.info(name)
        guard let info, ifGeneration == nil || isRepeated, upload.isContent(of: info) else { return .taken(info) }
        return .written(info)
    }

    private var lost: Failure {
        Failure(.unavailable, "\(purpose.description): Cloud Storage lost what was sent of it", remedy: "run again")
    }

    private func checkUsable() throws(Failure) {
        switch state {
        case .open, .conditionNotMet: return
        case .failed(let failure): throw failure
        case .over: throw Failure(.failure, "\(purpose.description): it has ended already")
        }
    }

    private func failed(_ failure: Failure) -> Failure {
        state = .failed(failure)
        letGo()
        return failure
    }

    /// Gives the memory back.
    private func letGo() { upload.content = ByteRope() }
}
