import Interactions
import Loading
import Testing

@Suite struct ChainTailTests {
    @Test func anOriginIsAChainWithoutLinks() {
        let tail = ChainTail(origin: ChainOrigin(start: 7))
        #expect((tail.next, tail.position, tail.unconfirmed, tail.closedBefore) == (LinkID(start: 7), 7, nil, nil))
    }

    @Test func progressSaysItAllWhenNoLinkGoesFurther() {
        let progress = Sample.progress(20, sequence: 3, position: 25, closedBefore: 4, lost: [Sample.loss(1, 2)])
        let tail = ChainTail(progress: progress, generation: 9)
        #expect((tail.next, tail.position) == (LinkID(start: 20, sequence: 3), 25))
        #expect((tail.closedBefore, tail.lost) == (Sample.hour(4), [Sample.loss(1, 2)]))
        #expect(tail.unconfirmed == nil && tail.progressGeneration == 9)
        #expect(ChainTail(progress: Sample.progress(20, position: 3), generation: 9).position == 20)
    }

    @Test func theLastLinkSaysMoreThanProgress() {
        let plan = Sample.plan(20, 30, lost: [Sample.loss(20, 21)], closedBefore: 5)
        let tail = ChainTail(
            last: plan, progress: Sample.progress(20, closedBefore: 4, lost: [Sample.loss(1, 2)]), generation: 9)
        #expect((tail.next, tail.position, tail.closedBefore) == (LinkID(start: 30), 30, Sample.hour(5)))
        #expect(tail.lost == [Sample.loss(1, 2), Sample.loss(20, 21)])
        #expect(tail.unconfirmed == plan && tail.progressGeneration == 9)
    }

    @Test func followingALinkConfirmsIt() {
        var tail = ChainTail(last: Sample.plan(0, 10), progress: nil, generation: 1)
        tail.position = 12
        tail.follow(Sample.plan(10, 10, lost: [Sample.loss(3, 4)], closedBefore: 2))
        #expect((tail.next, tail.position) == (LinkID(start: 10, sequence: 1), 12))
        #expect((tail.closedBefore, tail.unconfirmed, tail.lost) == (Sample.hour(2), nil, [Sample.loss(3, 4)]))
        tail.follow(Sample.plan(10, 15, sequence: 1, closedBefore: 2))
        #expect((tail.next, tail.position) == (LinkID(start: 15), 15))
    }

    /// Every progress object that could be there, for every link of a chain with a hours-only link, a chunk at the same
    /// offset, and amendments.
    @Test func theLinksToReadAreThoseThatProgressDoesNotSpeakOf() {
        let chain = [
            LinkID(start: 0), LinkID(start: 10), LinkID(start: 10, sequence: 1),
            LinkID(start: 10, sequence: 1, amendment: 1),
            LinkID(start: 20), LinkID(start: 20, amendment: 1), LinkID(start: 20, amendment: 2),
        ]
        // What follows each of them.
        let next = [
            LinkID(start: 10), LinkID(start: 10, sequence: 1), LinkID(start: 20), LinkID(start: 20), LinkID(start: 30),
            LinkID(start: 30), LinkID(start: 30),
        ]
        for length in 1...chain.count {
            let listed = Array(chain.prefix(length))
            #expect(ChainTail.unread(of: listed.shuffled(), progress: nil) == listed)
            for written in 0..<length {
                let link = next[written]
                let progress = Sample.progress(link.start, sequence: link.sequence)
                // The store lists from the start of progress on.
                let from = listed.filter { $0.start >= link.start }
                let unread = listed.enumerated().filter { next[$0.offset] > link }.map(\.element)
                #expect(ChainTail.unread(of: from.shuffled(), progress: progress) == unread)
            }
        }
        #expect(ChainTail.unread(of: [], progress: nil) == [])
    }

    @Test func lossIsMergedByOffsetWithoutRepetition() {
        let first = [Sample.loss(5, 6), Sample.loss(1, 2)]
        #expect(
            first.merged(with: [Sample.loss(1, 2, openFrom: 9), Sample.loss(1, 3)]).map { [$0.start, $0.end] }
                == [[1, 2], [1, 3], [5, 6]])
    }
}
