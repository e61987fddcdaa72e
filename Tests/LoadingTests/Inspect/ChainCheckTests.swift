import Interactions
import Loading
import Testing

@Suite struct ChainCheckTests {
    private func check(_ plans: [Plan], origin: Int64? = 0, progress: Progress? = nil) -> ChainCheck {
        var check = ChainCheck(
            partition: Sample.partition, origin: origin.map(ChainOrigin.init(start:)),
            wants: { $0.hour != Sample.hour(9) })
        for plan in plans { check.follow(plan) }
        check.finish(progress: progress)
        return check
    }

    private func kinds(_ plans: [Plan], origin: Int64? = 0, progress: Progress? = nil) -> [Finding.Kind] {
        check(plans, origin: origin, progress: progress).findings.map(\.kind)
    }

    private let whole = [
        Sample.plan(0, 10, files: [Sample.file(hour: 0, 0, 10)]), Sample.plan(10, 10, closedBefore: 1),
        Sample.plan(
            10, 20, sequence: 1, files: [Sample.file(hour: 0, 10, 20), Sample.file(hour: 9, 10, 20)], closedBefore: 1),
    ]

    @Test func aWholeChainHasNoFindings() {
        for length in 0...3 {
            let check = check(Array(whole.prefix(length)))
            #expect(check.findings == [] && check.links == length)
        }
        let files = check(whole).files
        #expect(Set(files.keys) == [whole[0].files[0].name, whole[2].files[0].name])
    }

    @Test func theFilesOfTheLastLinkMayBeMissingUntilProgressConfirmsThem() {
        let last: Set<String> = [whole[2].files[0].name]
        #expect(check(whole).lastFiles == last)
        #expect(check(whole, progress: Sample.progress(10, sequence: 1)).lastFiles == last)
        #expect(check(whole, progress: Sample.progress(20)).lastFiles == [])
    }

    @Test func gapsAndOverlapsAreFound() {
        #expect(kinds([whole[0], Sample.plan(11, 20)]) == [.gap])
        #expect(kinds([whole[0], Sample.plan(9, 20)]) == [.overlap])
        #expect(kinds([whole[0], Sample.plan(10, 20, sequence: 1)]) == [.overlap])
        #expect(kinds(whole, origin: 5) == [.overlap])
        #expect(kinds([Sample.plan(3, 5)]) == [.gap])
        #expect(kinds(whole, origin: nil) == [.gap])
        // Once, not for every link after it.
        #expect(kinds([Sample.plan(5, 6), Sample.plan(6, 7), Sample.plan(7, 8)]) == [.gap])
        #expect(kinds([Sample.plan(0, 10, files: [Sample.file(hour: 0, 5, 11)])]) == [.overlap])
        #expect(kinds([Sample.plan(0, 10, files: [Sample.file(hour: 0, 5, 5)])]) == [.overlap])
    }

    @Test func anAmendmentReplacesWhatThePlanSaid() {
        let original = Sample.plan(0, 10, files: [Sample.file(hour: 0, 0, 10), Sample.file(hour: 1, 0, 10)])
        let first = Sample.plan(
            0, 10, amendment: 1, files: [Sample.file(hour: 0, 0, 10, records: 4), original.files[1]],
            lost: [Sample.loss(0, 6)])
        let second = Sample.plan(0, 10, amendment: 2, files: [first.files[0]], lost: first.lost + [Sample.loss(8, 9)])
        let check = check([original, first, second, Sample.plan(10, 11)])
        #expect(check.findings == [])
        #expect(check.files == [first.files[0].name: first.files[0]])
        #expect(check.beforeAmendment[original.files[1].name] == [original.files[1], original.files[1]])
        #expect(check.beforeAmendment[original.files[0].name] == [original.files[0], first.files[0]])
        #expect(check.lost == [Sample.loss(0, 6), Sample.loss(8, 9)])
        // Without its plan it is a link out of place.
        #expect(kinds([first]) == [.overlap])
    }

    @Test func progressMustEndWhereALinkEnds() {
        #expect(kinds(whole, progress: Sample.progress(10, position: 15)) == [])
        #expect(kinds(whole, progress: Sample.progress(15)) == [.wrongProgress])
        #expect(kinds([], origin: 4, progress: Sample.progress(4)) == [])
        #expect(kinds([], origin: 4, progress: Sample.progress(5)) == [.wrongProgress])
    }
}
