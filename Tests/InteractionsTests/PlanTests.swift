import Interactions
import Support
import Testing

@Suite struct PlanTests {
    @Test(arguments: [
        (LinkID(start: 0), "00000000000000000000.json"),
        (LinkID(start: 1200), "00000000000000001200.json"),
        (LinkID(start: .max), "09223372036854775807.json"),
        (LinkID(start: 1200, sequence: 1), "00000000000000001200-0001.json"),
        (LinkID(start: 1200, sequence: 9999), "00000000000000001200-9999.json"),
        // A partition without records closes some nine thousand hours in a year.
        (LinkID(start: 1200, sequence: 12_345), "00000000000000001200-12345.json"),
        (LinkID(start: 1200, amendment: 1), "00000000000000001200.amended-001.json"),
        (LinkID(start: 1200, amendment: 1000), "00000000000000001200.amended-1000.json"),
        (LinkID(start: 1200, sequence: 2, amendment: 3), "00000000000000001200-0002.amended-003.json"),
    ])
    func theNameOfALinkComesBack(_ link: LinkID, _ name: String) {
        #expect(link.fileName == name)
        #expect(LinkID(fileName: name) == link)
    }

    @Test(arguments: [
        "", ".json", "origin.json", "1200.json", "00000000000000001200", "00000000000000001200.jsonl",
        "000000000000000001200.json", "-0000000000000001200.json", "+0000000000000001200.json",
        "99999999999999999999.json", "00000000000000001200-.json", "00000000000000001200-0000.json",
        "00000000000000001200-1.json", "00000000000000001200-00001.json", "00000000000000001200--001.json",
        "00000000000000001200-+001.json", "00000000000000001200-99999999999999999999.json",
        "00000000000000001200.amended-.json", "00000000000000001200.amended-000.json",
        "00000000000000001200.amended-1.json",
        "00000000000000001200.amended--01.json", "00000000000000001200.amended-0001.json",
        "00000000000000001200.amended-001-0001.json", "00000000000000001200.amended-001.amended-001.json",
        "00000000000000001200x.json", "../00000000000000001200.json", "0000000000000000120０.json",
    ])
    func anyOtherNameIsNoLink(_ name: String) {
        #expect(LinkID(fileName: name) == nil)
    }

    @Test func linksComeInTheOrderOfTheChain() {
        let chain = [
            LinkID(start: 5), LinkID(start: 5, sequence: 1), LinkID(start: 5, sequence: 2),
            LinkID(start: 5, sequence: 2, amendment: 1), LinkID(start: 5, sequence: 2, amendment: 2),
            LinkID(start: 6, amendment: 1), LinkID(start: 10), LinkID(start: 100),
        ]
        #expect(chain.shuffled().sorted() == chain)
    }

    @Test func aLinkThatMovesNoOffsetIsFollowedAtTheSameStart() {
        var plan = ObjectCodingTests.plan
        #expect(plan.next == LinkID(start: 20))
        plan.end = plan.start
        #expect(plan.next == LinkID(start: 10, sequence: 3))
        plan.amendment = 4
        #expect(plan.link == LinkID(start: 10, sequence: 2, amendment: 4))
        #expect(plan.next == LinkID(start: 10, sequence: 3))
    }

    @Test func aLossMayConcernTheHoursThatWereOpenAndHadBegun() {
        let found = Hour(index: 1000)
        var loss = LostRange(start: 1, end: 2, reason: .planned, openFrom: Hour(index: 998), foundAtMs: found.start + 5)
        #expect((996...1002).filter { loss.mayConcern(Hour(index: $0)) } == [998, 999, 1000])
        loss.foundAtMs = found.start
        #expect(loss.mayConcern(found))
        loss.foundAtMs -= 1
        #expect(!loss.mayConcern(found))
        loss.openFrom = nil
        #expect(loss.mayConcern(Hour(index: 0)))
    }
}
