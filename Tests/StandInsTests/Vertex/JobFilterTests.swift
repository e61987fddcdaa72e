import Testing

@testable import StandIns

@Suite struct JobFilterTests {
    private let job = [
        "display_name": "judge-day-1", "state": "JOB_STATE_RUNNING", "create_time": "2026-11-21T10:00:00.000Z",
        "labels.app": "x",
    ]

    @Test(arguments: [
        (#"display_name="judge-day-1""#, true), (#"display_name = judge-day-2"#, false),
        (#"display_name:"judge-*""#, true), (#"display_name:"*-day-*""#, true), (#"display_name:"day""#, false),
        (#"state!="JOB_STATE_FAILED""#, true), (#"NOT state="JOB_STATE_RUNNING""#, false),
        (#"create_time>"2026-11-21T00:00:00Z""#, true), ("labels.app=x", true), ("labels.app:*", true),
        ("labels.other:*", false), (#"state="a" OR display_name="judge-day-1" AND labels.app=y"#, false),
        (#"(state="a" AND state="b") OR labels.app=x"#, true), (#"display_name="judge-\day-1""#, true),
    ])
    func holds(filter: String, holds: Bool) throws {
        #expect(try JobFilter(filter).holds { job[$0] } == holds)
    }

    @Test(arguments: [
        "", "display_name", "display_name=", #"display_name="a"#, "nonsense=1", "state:a", "display_name<a", "(state=a",
        "state=a state=b", "state=a AND",
    ])
    func refuses(filter: String) {
        #expect(throws: VertexFault.self) { try JobFilter(filter) }
    }
}
