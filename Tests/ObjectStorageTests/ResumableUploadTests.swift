import Testing

@testable import ObjectStorage

@Suite struct ResumableUploadTests {
    private var upload = ResumableUpload(held: 0..<25, isComplete: true, chunkBytes: 10)

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

    // MARK: - Piece by piece

    private var stream = ResumableUpload(held: 0..<0, isComplete: false, chunkBytes: 10)

    @Test mutating func chunksAreSentAsTheyFill() {
        #expect(stream.next == nil)
        stream.hold(0..<10, isComplete: false)
        #expect(stream.next == nil, "it may be the last, which must not be empty")
        stream.hold(0..<23, isComplete: false)
        #expect(stream.next == .start)
        _ = stream.started("s")
        #expect(stream.next == .send(session: "s", range: 0..<10))
        #expect(stream.answered(status: 308, persisted: 10) == .goOn(isProgress: true))
        #expect(stream.next == .send(session: "s", range: 10..<20))
        #expect(stream.answered(status: 308, persisted: 20) == .goOn(isProgress: true))
        #expect(stream.next == nil)
        stream.hold(20..<23, isComplete: true)
        #expect(stream.next == .send(session: "s", range: 20..<23))
    }

    @Test mutating func whatWasNotPersistedStaysForTheNextChunk() {
        stream.hold(0..<15, isComplete: false)
        _ = stream.started("s")
        #expect(stream.answered(status: 308, persisted: 4) == .goOn(isProgress: true))
        #expect(stream.persisted == 4)
        #expect(stream.next == .send(session: "s", range: 4..<14), "chunks that are not the last are whole")
        stream.broke()
        #expect(stream.next == .askStatus(session: "s"))
        #expect(stream.answered(status: 308, persisted: 8) == .goOn(isProgress: true))
        #expect(stream.next == nil)
    }

    @Test(arguments: [404, 410])
    mutating func aLostSessionIsALossOnlyOfWhatWasLetGoOf(status: Int) {
        stream.hold(0..<15, isComplete: false)
        _ = stream.started("s")
        _ = stream.answered(status: 308, persisted: 10)
        stream.hold(0..<21, isComplete: false)
        #expect(stream.answered(status: status, persisted: nil) == .pause)
        #expect(stream.next == .start)
        _ = stream.started("t")
        _ = stream.answered(status: 308, persisted: 10)
        stream.hold(10..<21, isComplete: false)
        #expect(stream.answered(status: status, persisted: nil) == .lost)
    }

    @Test mutating func aServerThatForgetsWhatItHad() {
        stream.hold(0..<21, isComplete: false)
        _ = stream.started("s")
        _ = stream.answered(status: 308, persisted: 10)
        stream.hold(10..<21, isComplete: false)
        #expect(stream.answered(status: 308, persisted: 9) == .lost)
    }
}
