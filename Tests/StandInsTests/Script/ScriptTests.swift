import Testing

@testable import StandIns

@Suite struct ScriptTests {
    private func statuses(_ script: inout Script, _ calls: [(route: String, body: String)]) -> [Int?] {
        calls.map { script.next(route: $0.route, service: "anthropic", body: Array($0.body.utf8))?.status }
    }

    @Test func stepsAreUsedInOrderAndUp() throws {
        var script = try Script([["status": 429, "times": 2], ["status": 500]])
        #expect(statuses(&script, Array(repeating: ("messages", ""), count: 4)) == [429, 429, 500, nil])
    }

    @Test func stepsWaitForTheirRouteContentAndTurn() throws {
        var script = try Script([
            ["route": "messages", "contains": "bad record", "status": 400, "times": 0],
            ["route": "braintrust", "status": 401], ["route": "messages", "after": 1, "status": 500],
        ])
        let calls = [
            ("messages", "a bad record"), ("batches.create", ""), ("messages", "good"), ("messages", "a bad record"),
            ("messages", "good"), ("messages", "good"), ("messages", "a bad record"),
        ]
        #expect(statuses(&script, calls) == [400, nil, nil, 400, 500, nil, 400])
        #expect(script.steps.map(\.status) == [400, 401])
    }

    @Test func whatIsNoCallHasStepsOfItsOwn() throws {
        var script = try Script([["status": 500], ["route": "batch_jobs.row", "outcome": "missing"]])
        #expect(script.next(route: "batch_jobs.row", service: "", body: [])?.outcome == .missing)
        #expect(script.next(route: "batch_jobs.row", service: "", body: []) == nil)
        #expect(script.steps.map(\.status) == [500])
    }

    @Test func everyMember() throws {
        let script = try Script([
            [
                "route": "messages", "delay_ms": 5, "error_type": "x", "message": "m", "retry_after": .number(1.5),
                "headers": ["X-A": "b"], "body": ["a": 1], "text": "t", "stop_reason": "refusal", "truncate": true,
                "reset": true, "outcome": "expired",
            ]
        ])
        let step = try #require(script.steps.first)
        #expect((step.delayMilliseconds, step.retryAfter, step.headers) == (5, "1.5", ["x-a": "b"]))
        #expect((step.body, step.truncate, step.outcome) == (Array(#"{"a":1}"#.utf8), .half, .expired))
        var answer = Answer(json: ["a": 1])
        step.damage(&answer)
        #expect((answer.damage, answer.headers["retry-after"]) == (.reset, "1.5"))
    }

    @Test(
        arguments: [
            ["status": 429], [["status": 99]], [["status": 200]], [["status": "429"]], [["nonsense": 1]],
            [["outcome": "lost"]], ["text"],
            [["times": -1]], [["truncate": "half"]],
        ] as [JSONValue])
    func refuses(script: JSONValue) {
        #expect(throws: ScriptFault.self) { try Script(script) }
    }
}
