import Interactions
import JobSupport
import ObjectStorage
import Support
import Synchronization
import Testing
import TestSupport

@testable import Judging

@Suite struct DayPlanTests {
    private static let names = ObjectNames(topic: "t", layout: .plain)
    private static let complete = Completeness(sealedHours: Array(0..<24), missing: [], isAllowed: false)
    private static let incomplete = Completeness(
        sealedHours: [], missing: [Completeness.MissingHour(hour: 1, partitions: [])], isAllowed: false)

    private func file(_ start: Int64, _ end: Int64, _ kind: FileKind = .onTime) throws -> RawFile {
        let hour = try #require(Hour(date: "2026-11-20", hourOfDay: 13))
        let name = FileName(kind: kind, hour: hour, partition: Partition(0), range: OffsetRange(start, end))
        let object = Self.names.file(kind, hour: hour, partition: Partition(0), range: OffsetRange(start, end))
        return RawFile(object: ObjectInfo(name: object, size: 1, generation: 1, crc32c: nil), name: name)
    }

    private func rules(_ prompt: String = "Judge.") throws -> DayPlan.Rules {
        DayPlan.Rules(try JudgeBench.rules(JudgeBench.prompt.replacing("Judge.", with: prompt)))
    }

    private func state(_ files: [RawFile], _ phase: DayState.Round.Phase, config: String? = nil) throws -> DayState {
        let rules = try rules()
        var state = DayState(topic: "t", date: "2026-11-20", completeness: Self.complete)
        state.rounds = [
            DayState.Round(
                number: 0, purpose: .first, phase: phase, files: files.map(\.object.name),
                config: config ?? rules.config,
                prompt: rules.prompt, sample: rules.sample, maxTokens: rules.maxTokens, schema: rules.schema)
        ]
        return state
    }

    /// What is assembled: purpose and files.
    private func plan(
        _ state: DayState?, _ files: [RawFile], _ completeness: Completeness = DayPlanTests.complete,
        prompt: String = "Judge.", isRestricted: Bool = false
    ) throws -> DayPlan {
        let covered = (state?.coveredFiles(RoundAsking(config: try rules(prompt).config)) ?? []).compactMap {
            Self.names.parse(file: $0)
        }
        return DayPlan(
            state, files: files, covered: covered, completeness, try rules(prompt), isRestricted: isRestricted)
    }

    private func assembled(_ plan: DayPlan) -> (DayState.Round, [RawFile], Bool)? {
        guard case .assemble(let round, let files, let isAnnounced) = plan.action else { return nil }
        return (round, files, isAnnounced)
    }

    @Test func theFirstRoundHasAllFiles() throws {
        let files = [try file(0, 5), try file(5, 7)]
        let (round, taken, isAnnounced) = try #require(assembled(try plan(nil, files)))
        #expect((round.number, round.purpose, round.phase) == (0, .first, .assembling))
        #expect(taken == files)
        #expect(round.files == files.map(\.object.name))
        #expect(!isAnnounced)
    }

    @Test func anEmptyDayIsARoundToo() throws {
        #expect(assembled(try plan(nil, []))?.0.purpose == .first)
    }

    @Test func whereNothingIsStoredThereIsNothingToJudge() throws {
        var allowed = Self.incomplete
        allowed.isAllowed = true
        #expect(try plan(nil, [], allowed).action == .nothing)
        // Before the topic's first hour.
        #expect(try plan(nil, [], Completeness(sealedHours: [], missing: [], isAllowed: false)).action == .nothing)
    }

    @Test func whatIsCoveredIsDone() throws {
        let files = [try file(0, 5)]
        #expect(try plan(try state(files, .assembled), files).action == .nothing)
        // Small files that somebody has joined.
        #expect(try plan(try state([try file(0, 5), try file(5, 9)], .assembled), [try file(0, 9)]).action == .nothing)
    }

    @Test func laterFilesAreALateRound() throws {
        let old = try file(0, 5)
        let (round, taken, _) = try #require(
            assembled(try plan(try state([old], .assembled), [old, try file(5, 6, .late)])))
        #expect((round.number, round.purpose) == (1, .late))
        #expect(taken.map(\.name.kind) == [.late])
        #expect(round.canaries == (try rules()).canaries)
    }

    @Test func aPatternDoesNotBeginTheDay() throws {
        let files = [try file(0, 5), try file(5, 7)]
        let (round, _, _) = try #require(assembled(try plan(nil, [files[0]], isRestricted: true)))
        #expect(round.isRestricted == true)
        var state = try state([files[0]], .assembled)
        state.rounds[0].isRestricted = true
        #expect(!state.isBegun)
        #expect(try plan(state, files, Self.incomplete).action == .wait)
        let (rest, taken, _) = try #require(assembled(try plan(state, files)))
        #expect((rest.number, rest.purpose, rest.isRestricted) == (1, .first, nil))
        #expect(taken == [files[1]])
    }

    @Test func filesThatOverlapAreLeftAloneAndTold() throws {
        let covered = try file(0, 5)
        let plan = try plan(try state([covered], .assembled), [covered, try file(3, 9)])
        #expect(plan.action == .nothing)
        #expect(plan.overlapping == [try file(3, 9).object.name])
        let fresh = try self.plan(nil, [try file(0, 10), try file(5, 15), try file(20, 21)])
        #expect(assembled(fresh)?.1 == [try file(20, 21)])
        #expect(fresh.overlapping == [try file(0, 10), try file(5, 15)].map(\.object.name))
    }

    @Test func anAnnouncedRoundIsFinishedAsAnnounced() throws {
        let announced = try file(0, 5)
        let (round, taken, isAnnounced) = try #require(
            assembled(try plan(try state([announced], .assembling), [announced, try file(5, 9)], Self.incomplete)))
        #expect(isAnnounced)
        #expect(taken == [announced])
        #expect(round.files == [announced.object.name])
    }

    @Test func anAnnouncedRoundOfAnotherConfigurationBeginsAnew() throws {
        let files = [try file(0, 5), try file(5, 9)]
        let (round, taken, isAnnounced) = try #require(
            assembled(try plan(try state([files[0]], .assembling, config: "other"), files)))
        #expect(!isAnnounced)
        #expect(round.number == 0)
        #expect(taken == files)
    }

    @Test func anIncompleteDayWaitsUnlessItIsAllowed() throws {
        let files = [try file(0, 5)]
        #expect(try plan(nil, files, Self.incomplete).action == .wait)
        var allowed = Self.incomplete
        allowed.isAllowed = true
        #expect(assembled(try plan(nil, files, allowed)) != nil)
    }
}

@Suite struct DayFilesTests {
    private func objects(_ names: [String]) -> [ObjectInfo] {
        names.map { ObjectInfo(name: $0, size: 1, generation: 1, crc32c: nil) }
    }

    @Test(arguments: PartitionLayout.allCases)
    func filesAndManifests(_ layout: PartitionLayout) throws {
        let names = ObjectNames(topic: "t", layout: layout)
        let hour = try #require(Hour(date: "2026-11-20", hourOfDay: 13))
        let files = [FileKind.onTime, .late].map {
            names.file($0, hour: hour, partition: Partition(3), range: OffsetRange(1, 2))
        }
        let day = DayFiles(
            objects(files + [names.manifest(of: hour), names.folder(of: hour.date) + "other"]), names, date: hour.date)
        #expect(day.sealedHours == [13])
        #expect(
            day.files.map(\.stem).sorted() == [
                "13-late-p00003-00000000000000000001-00000000000000000002",
                "13-p00003-00000000000000000001-00000000000000000002",
            ])
        #expect(day.hoursWithFiles == [13])
    }

    @Test func ofTaggedFilesAllHaveToBeThere() throws {
        let names = ObjectNames(topic: "t", layout: .plain)
        let hour = try #require(Hour(date: "2026-11-20", hourOfDay: 13))
        let files = [Int64(0), 5].map {
            names.file(.onTime, hour: hour, partition: Partition(0), range: OffsetRange($0, $0 + 5))
        }
        let pattern = try #require(InputPattern("gs://bucket/tagged/*/2026-11-20/*.jsonl.gz"))
        func sealed(_ tagged: [String]) -> (Set<Int>, [String]) {
            var day = DayFiles(objects(files + [names.manifest(of: hour)]), names, date: hour.date)
            day.restrict(to: pattern, tagged: objects(tagged), names)
            return (day.sealedHours, day.files.map(\.object.name))
        }
        let tagged = files.map { "tagged/" + $0.dropFirst("raw/".count) }
        #expect(sealed(tagged) == ([13], tagged))
        #expect(sealed([tagged[0]]) == ([], [tagged[0]]))
    }
}

@Suite struct InputPatternTests {
    @Test(arguments: [
        ("raw/t/2026-11-20/13-p.jsonl.gz", true), ("raw/t/2026-11-20/a/b.jsonl.gz", false),
        ("raw/t/2026-11-21/13-p.jsonl.gz", false), ("raw/t/2026-11-20/13-p.jsonl", false),
        ("raw/t/2026-11-20/.jsonl.gz", true), ("raw//2026-11-20/a.jsonl.gz.jsonl.gz", true),
    ])
    func names(_ name: String, _ matches: Bool) throws {
        let pattern = try #require(InputPattern("gs://bucket/data/raw/*/2026-11-20/*.jsonl.gz"))
        #expect(pattern.matches(name) == matches)
        #expect(pattern.location.url == "gs://bucket/data")
    }

    @Test func aDirectory() throws {
        let pattern = try #require(InputPattern("file:///data/raw/t/dt=2026-11-20/hour=13/p*.gz"))
        #expect(pattern.location.url == "file:///data")
    }

    @Test func onlyFoldersThatMatchAreListed() async throws {
        let store = InMemoryStore()
        let day = ["raw/t/2026-11-20/13-p.jsonl.gz", "raw/u/2026-11-20/09-p.jsonl.gz"]
        let others = [
            "raw/t/2026-11-19/13-p.jsonl.gz", "raw/t/2026-11-20/13.manifest.json", "raw/t/2026-11-20/a/b.jsonl.gz",
            "raw/x.jsonl.gz", "tagged/t/2026-11-20/13-p.jsonl.gz",
        ]
        for name in day + others { store.put(name, [0]) }
        let listed = Mutex<[String]>([])
        store.before { (operation, prefix) async throws(Failure) in
            if operation == .list { listed.withLock { $0.append(prefix) } }
        }
        let pattern = try #require(InputPattern("gs://bucket/data/raw/*/2026-11-20/*.jsonl.gz"))
        #expect(try await pattern.objects(in: store).map(\.name) == day)
        #expect(listed.withLock { $0 } == ["raw/", "raw/t/2026-11-20/", "raw/u/2026-11-20/"])
        let deep = try #require(InputPattern("gs://bucket/raw/t/*-20/*p.jsonl*"))
        #expect(try await deep.objects(in: store).map(\.name) == [day[0]])
    }

    @Test(arguments: [
        "", "raw/*/2026-11-20/*", "gs://bucket", "gs://bucket/other/*/2026-11-20/*.gz", "gs://b*/raw/t/d/*",
        "s3://bucket/raw/t/d/*", "gs://bucket/raw/t/d", "gs://bucket/raw/t/d/",
    ])
    func noPattern(_ text: String) { #expect(InputPattern(text) == nil) }
}
