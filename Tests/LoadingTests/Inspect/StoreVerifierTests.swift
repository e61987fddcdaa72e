import Bytes
import Interactions
import Loading
import ObjectStorage
import Support
import Synchronization
import TestSupport
import Testing

/// Each kind of damage that can be done to a sound store is found, and named where it is.
@Suite struct StoreVerifierTests {
    let bench = Workbench()
    private var hour0: String { bench.names.manifest(of: Sample.hour(0)) }

    /// Records of hours 0 and 1, one of them broken; both hours sealed.
    private func fill() async throws {
        bench.clock.advance(by: 600_000)
        var records = (0..<6).map { SampleRecord($0, hour: $0 % 2) }
        records.append(SampleRecord(6, timestamp: Sample.hour(0).start, value: "broken"))
        try await bench.load(records, high: 7)
        _ = try await bench.sealer.seal([Sample.partition])
    }

    private func findings(_ date: String? = nil) async throws -> [Finding] {
        try await bench.verifier.verify(date: date.flatMap { CivilDate($0) }).findings
    }

    private func file(_ kind: FileKind = .onTime, hour: Int64 = 0) throws -> String {
        try #require(bench.ids.keys.first { $0.kind == kind && $0.hour == Sample.hour(hour) }).name(bench.names)
    }

    @Test func aSoundStoreIsCountedWithoutFindings() async throws {
        try await fill()
        let report = try await bench.verifier.verify(date: nil)
        #expect((report.findings, report.status) == ([], .success))
        #expect((report.links, report.files, report.records, report.deadLetters, report.manifests) == (1, 3, 6, 1, 2))
        #expect(try await findings("2026-01-01") == [])
        let other = try await bench.verifier.verify(date: CivilDate("2026-01-02"))
        #expect((other.links, other.files, other.manifests, other.findings) == (1, 0, 0, []))
    }

    @Test func hiveNamesAreVerifiedToo() async throws {
        var hive = bench
        hive.names = ObjectNames(topic: Sample.topic, layout: .hive)
        hive.clock.advance(by: 600_000)
        try await hive.load([SampleRecord(0), SampleRecord(1, hour: 1)], high: 2)
        _ = try await hive.sealer.seal([Sample.partition])
        let report = try await hive.verifier.verify(date: CivilDate("2026-01-01"))
        #expect((report.files, report.manifests, report.findings) == (2, 2, []))
    }

    @Test func filesThatAreMissingDamagedOrForeign() async throws {
        try await fill()
        let name = try file()
        let whole = try #require(bench.store.objects[name]).bytes
        bench.store.remove(name)
        #expect(try await findings().map(\.kind) == [.missingFile])
        bench.store.put(name, Array(whole.dropLast()))
        #expect(try await findings().map(\.kind) == [.damagedFile])
        bench.store.put(name, Array("no gzip".utf8))
        #expect(try await findings().map(\.kind) == [.damagedFile])
        bench.store.put(name, try #require(bench.store.objects[try file(hour: 1)]).bytes)
        #expect(try await findings().map { [$0.kind.rawValue, $0.subject] } == [["wrong_lines", name]])
        bench.store.put(name, whole)
        let foreign = name.replacing(".jsonl.gz", with: "x.jsonl.gz")
        bench.store.put(foreign, whole)
        let found = try await bench.verifier.verify(date: nil)
        #expect(found.findings == [Finding(.unplannedFile, foreign, "no plan announces it")])
        #expect(found.status == .dataLoss)
    }

    @Test func filesOfTheLastLinkAreOnlyPending() async throws {
        try await fill()
        let plan = Sample.plan(7, 9, files: [Sample.file(hour: 2, 7, 9)], lateBefore: 2, closedBefore: 2)
        _ = try await bench.chains.create(plan)
        let report = try await bench.verifier.verify(date: nil)
        #expect(report.findings.map { [$0.kind.rawValue, $0.subject] } == [["pending", plan.files[0].name]])
        #expect(report.status == .notDrained)
    }

    /// The loader stopped between the late file and the revision of the manifest.
    @Test func aRevisionThatIsStillToComeIsOnlyPending() async throws {
        try await fill()
        let chunk = try bench.chunk([SampleRecord(7)], start: 7, end: 8, lateBefore: 2, closedBefore: 2)
        _ = try await bench.chains.create(chunk.plan)
        bench.store.put(chunk.plan.files[0].name, try #require(chunk.contents.values.first).joined)
        let report = try await bench.verifier.verify(date: nil)
        #expect(report.findings.map { [$0.kind.rawValue, $0.subject] } == [["pending", hour0]])
        try await bench.load([], high: 8)
        #expect(try await findings() == [])
    }

    /// A late record of an hour before those of the first sealing, which have no manifest: its loader dies anywhere.
    @Test func anHourThatGetsItsFirstFileLateIsOnlyPending() async throws {
        var statuses: Set<Support.ExitStatus> = []
        for survived in 0..<40 {
            let bench = Workbench()
            bench.clock.advance(by: 600_000)
            try await bench.load([SampleRecord(0)], high: 1)
            _ = try await bench.sealer.seal([Sample.partition])
            let count = Mutex(0)
            bench.store.before { _, _ throws(Failure) in
                let isDead = count.withLock { count in
                    count += 1
                    return count > survived
                }
                if isDead { throw Failure(.unavailable, "killed") }
            }
            var isKilled = false
            do { try await bench.load([SampleRecord(1, hour: -20)], high: 2) } catch { isKilled = true }
            bench.store.before(nil)
            let report = try await bench.verifier.verify(date: nil)
            #expect(report.findings.allSatisfy { $0.kind == .pending }, "after \(survived): \(report.findings)")
            statuses.insert(report.status)
            try await bench.load([SampleRecord(1, hour: -20)], high: 2)
            #expect(try await bench.verifier.verify(date: nil).findings == [])
            #expect(try await bench.manifest(-20)?.records == 1)
            if !isKilled { break }
        }
        #expect(statuses == [.success, .notDrained])
    }

    /// A loader stores late records, its files, plan, progress and revision, after any of the verifier's looks at the store.
    @Test func aLoaderThatWorksMeanwhileIsNoFinding() async throws {
        for looks in 0..<60 {
            let bench = try await sealed()
            let (findings, happened) = try await verify(bench, afterLooks: looks) {
                try await bench.load([SampleRecord(2), SampleRecord(3, hour: 2)], high: 4)
            }
            #expect(findings == [], "after \(looks)")
            if !happened { break }
        }
    }

    /// The announced chunk of a loader that died is completed while the verifier looks: retention took some of it.
    @Test func aChunkThatIsAmendedMeanwhileIsNoFinding() async throws {
        for looks in 0..<60 {
            let bench = try await sealed()
            let records = (2..<8).map { SampleRecord($0, hour: $0 % 3) }
            let announced = try bench.chunk(records, start: 2, end: 8, lateBefore: 2, closedBefore: 2)
            _ = try await bench.chains.create(announced.plan)
            let (findings, happened) = try await verify(bench, afterLooks: looks) {
                try await bench.load(records, low: 4, high: 8)
            }
            #expect(findings.allSatisfy { $0.kind == .pending }, "after \(looks): \(findings)")
            #expect(try await bench.verifier.verify(date: nil).findings.isEmpty == happened)
            if !happened { break }
        }
    }

    /// Hours 0 and 1, sealed.
    private func sealed() async throws -> Workbench {
        let bench = Workbench()
        bench.clock.advance(by: 600_000)
        try await bench.load([SampleRecord(0), SampleRecord(1, hour: 1)], high: 2)
        _ = try await bench.sealer.seal([Sample.partition])
        return bench
    }

    /// Verifies, and does something else after so many looks at the store.
    private func verify(
        _ bench: Workbench, afterLooks looks: Int, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> (findings: [Finding], happened: Bool) {
        let count = Mutex(0)
        bench.store.after { _, _ throws(Failure) in
            let isDue = count.withLock { count in
                count += 1
                return count == looks + 1
            }
            guard isDue else { return }
            bench.store.after(nil)
            do { try await body() } catch { throw error as? Failure ?? Failure(.failure, "\(error)") }
        }
        let findings = try await bench.verifier.verify(date: nil).findings
        bench.store.after(nil)
        return (findings, count.withLock { $0 } > looks)
    }

    /// `…-0001.json` sorts before `….json`, so a listing that is under way can give the second link without the first.
    @Test func aListingThatMissedALinkIsNoFinding() async throws {
        let bench = try await sealed()
        let first = Sample.plan(2, 2, lateBefore: 2, closedBefore: 3)
        _ = try await bench.chains.create(Sample.plan(2, 2, sequence: 1, lateBefore: 3, closedBefore: 4))
        bench.store.after { operation, name throws(Failure) in
            guard operation == .list, name == bench.names.allPlans else { return }
            bench.store.after(nil)
            _ = try await bench.chains.create(first)
        }
        let report = try await bench.verifier.verify(date: nil)
        #expect(report.findings == [] && report.links == 3)
        bench.store.remove(bench.names.plan(of: Sample.partition, at: first.link))
        #expect(try await bench.verifier.verify(date: nil).findings.map(\.kind) == [.overlap])
    }

    @Test func chainsThatAreBrokenOrUnreadable() async throws {
        try await fill()
        let origin = bench.names.origin(of: Sample.partition)
        let originBytes = try #require(bench.store.objects[origin]).bytes
        bench.store.remove(origin)
        #expect(try await findings().map(\.kind) == [.gap])
        bench.store.put(origin, Array("{".utf8))
        #expect(try await findings().map(\.kind).contains(.unreadable))
        bench.store.put(origin, ObjectCoding.encode(ChainOrigin(start: 2)))
        #expect(try await findings().map(\.kind) == [.overlap])
        bench.store.put(origin, originBytes)
        _ = try await bench.chains.create(Sample.plan(8, 9))
        #expect(try await findings().map(\.kind) == [.gap])
        bench.store.put(bench.names.plan(of: Sample.partition, at: LinkID(start: 8)), [])
        #expect(try await findings().map(\.kind) == [.unreadable])
        bench.store.remove(bench.names.plan(of: Sample.partition, at: LinkID(start: 8)))
        bench.store.put(bench.names.progress(of: Sample.partition), ObjectCoding.encode(Sample.progress(5)))
        #expect(try await findings().map(\.kind) == [.wrongProgress])
    }

    @Test func aPartitionThatHasNoPlansAnyMore() async throws {
        try await fill()
        bench.store.put(bench.names.progress(of: Sample.partition), ObjectCoding.encode(Sample.progress(5)))
        let plans = bench.names.plans(of: Sample.partition)
        for name in bench.store.objects.keys where name.hasPrefix(plans) { bench.store.remove(name) }
        #expect(try await findings().map(\.kind).contains(.wrongProgress))
    }

    @Test func manifestsThatSayAnotherThing() async throws {
        try await fill()
        let sealed = try #require(try await bench.manifest(0))
        func damaged(_ change: (inout HourManifest) -> Void) async throws -> [Finding.Kind] {
            var manifest = sealed
            change(&manifest)
            bench.store.put(hour0, ObjectCoding.encode(manifest))
            return try await findings().map(\.kind)
        }
        #expect(try await damaged { $0.records += 1 } == [.wrongManifest])
        #expect(try await damaged { $0.parts[0].files[1].crc32c ^= 1 } == [.wrongManifest])
        #expect(try await damaged { $0.parts[0].files.removeFirst() } == [.wrongManifest])
        #expect(
            try await damaged { $0.parts[0].files.append(Sample.file(hour: 0, 90, 91)) } == [
                .wrongManifest, .wrongManifest,
            ])
        #expect(try await damaged { _ in } == [])
        bench.store.put(hour0, Array("{".utf8))
        #expect(try await findings().map { [$0.kind.rawValue, $0.subject] } == [["unreadable", hour0]])
    }

    @Test func lossIsReportedWithoutBeingAFinding() async throws {
        try await bench.load([SampleRecord(0)], high: 1)
        try await bench.load([SampleRecord(5)], low: 4, high: 6)
        let report = try await bench.verifier.verify(date: nil)
        #expect(report.lost.map { [$0.start, $0.end] } == [[1, 4]])
        #expect(report.findings == [])
    }
}

extension FileName {
    func name(_ names: ObjectNames) -> String { names.file(kind, hour: hour, partition: partition, range: range) }
}
