import Testing

@testable import ObjectStorage

@Suite struct ResumableUploadTests {
    private var upload = ResumableUpload(total: 25, chunkBytes: 10)

    @Test mutating func chunkByChunk() {
        #expect(upload.next == .start)
        #expect(upload.started("s") == .goOn(isProgress: false))
        #expect(upload.next == .send(session: "s", range: 0..<10))
        #expect(upload.answered(status: 308, persisted: 10) == .goOn(isProgress: true))
        #expect(upload.next == .send(session: "s", range: 10..<20))
        #expect(upload.answered(status: 308, persisted: 20) == .goOn(isProgress: true))
        #expect(upload.next == .send(session: "s", range: 20..<25))
        #expect(upload.answered(status: 200, persisted: 0) == .final)
    }

    @Test mutating func lessIsPersistedThanSent() {
        _ = upload.started("s")
        #expect(upload.answered(status: 308, persisted: 4) == .goOn(isProgress: true))
        #expect(upload.next == .send(session: "s", range: 4..<14))
        #expect(upload.answered(status: 308, persisted: 4) == .pause)
        #expect(upload.next == .send(session: "s", range: 4..<14))
    }

    @Test mutating func afterABreakTheServerIsAsked() {
        _ = upload.started("s")
        upload.broke()
        #expect(upload.next == .askStatus(session: "s"))
        #expect(upload.answered(status: 308, persisted: 0) == .goOn(isProgress: false))
        #expect(upload.next == .send(session: "s", range: 0..<10))
        upload.broke()
        // The chunk had arrived.
        #expect(upload.answered(status: 308, persisted: 10) == .goOn(isProgress: true))
        #expect(upload.next == .send(session: "s", range: 10..<20))
        upload.broke()
        #expect(upload.answered(status: 201, persisted: nil) == .final)
    }

    @Test mutating func everythingPersistedIsNotYetDone() {
        _ = upload.started("s")
        #expect(upload.answered(status: 308, persisted: 10) == .goOn(isProgress: true))
        #expect(upload.answered(status: 308, persisted: 20) == .goOn(isProgress: true))
        #expect(upload.answered(status: 308, persisted: 25) == .goOn(isProgress: true))
        #expect(upload.next == .askStatus(session: "s"))
        #expect(upload.answered(status: 308, persisted: 25) == .pause)
        #expect(upload.next == .askStatus(session: "s"))
    }

    @Test(arguments: [404, 410])
    mutating func aLostSessionStartsOverWithoutBeingProgress(status: Int) {
        _ = upload.started("s")
        #expect(upload.answered(status: 308, persisted: 10) == .goOn(isProgress: true))
        #expect(upload.answered(status: status, persisted: nil) == .pause)
        #expect(upload.next == .start)
        _ = upload.started("t")
        #expect(upload.next == .send(session: "t", range: 0..<10))
        #expect(upload.answered(status: 308, persisted: 10) == .pause, "no more than the first session had")
        #expect(upload.answered(status: 308, persisted: 20) == .goOn(isProgress: true))
    }

    @Test mutating func aStartWithoutAnswerIsRepeated() {
        upload.broke()
        #expect(upload.next == .start)
    }

    @Test(arguments: [nil, 11, 25, 26])
    mutating func bytesThatWereNeverSent(persisted: Int?) {
        _ = upload.started("s")
        guard case .nonsense = upload.answered(status: 308, persisted: persisted) else {
            Issue.record("accepted")
            return
        }
    }

    @Test(arguments: [200, 400, 412, 403])
    mutating func otherAnswersAreFinal(status: Int) {
        _ = upload.started("s")
        #expect(upload.answered(status: status, persisted: 0) == .final)
    }
}
