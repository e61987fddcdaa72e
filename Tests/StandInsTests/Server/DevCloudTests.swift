import Support
import Testing

@testable import StandIns

private struct StoppedClock: WallClock {
    func now() -> Milliseconds { 0 }
}

@Suite struct DevCloudTests {
    private let headers = [
        "x-api-key": "devcloud", "anthropic-version": "2026-10-21", "content-type": "application/json",
    ]

    private func message(_ text: String) -> Call {
        let messages: JSONValue = [["role": "user", "content": .string(text)]]
        return Call("POST", "/anthropic/v1/messages", headers: headers, body: messageBody(["messages": messages]).bytes)
    }

    private func counts(_ cloud: DevCloud) async throws -> JSONValue {
        try JSONValue(parsing: await cloud.answer(Call("GET", "/_devcloud/calls")).body)
    }

    @Test func countsByRouteAndStatusAndContent() async throws {
        let cloud = try DevCloud(StandInSettings(), clock: StoppedClock())
        for text in ["a", "b", "a"] { #expect(await cloud.answer(message(text)).status == 200) }
        #expect(await cloud.answer(Call("GET", "/anthropic/v1/nonsense")).status == 404)
        let calls = try await counts(cloud)
        let messages = calls["routes"]?["messages"]
        #expect((messages?["calls"], messages?["distinct"], messages?["repeated"]) == (3, 2, 1))
        #expect((messages?["statuses"], messages?["in_flight_max"]) == (["200": 3], 1))
        #expect(calls["routes"]?["anthropic.unknown"]?["statuses"] == ["404": 1])
        #expect(calls["usage"]?["input_tokens"] == 3)
        _ = await cloud.answer(Call("DELETE", "/_devcloud/calls"))
        #expect(try await counts(cloud)["routes"]?["messages"]?["calls"] == 0)
    }

    @Test func scriptsAreAddedAndTakenAway() async throws {
        let cloud = try DevCloud(StandInSettings(), script: try Script([["status": 529]]), clock: StoppedClock())
        let added = Call("POST", "/_devcloud/script", body: Array(#"[{"status":500,"times":0}]"#.utf8))
        #expect(await cloud.answer(added).status == 200)
        #expect(await cloud.answer(message("a")).status == 529)
        #expect(await cloud.answer(message("a")).status == 500)
        #expect(await cloud.answer(Call("DELETE", "/_devcloud/script")).status == 200)
        #expect(await cloud.answer(message("a")).status == 200)
        #expect(await cloud.answer(Call("POST", "/_devcloud/script", body: [1])).status == 400)
    }

    /// A lost answer is one whose work was done; an error is one whose work was not.
    @Test func lostAnswersAndErrors() async throws {
        let cloud = try DevCloud(
            StandInSettings(), script: try Script([["reset": true], ["status": 500]]), clock: StoppedClock())
        let body: JSONValue = ["requests": [["custom_id": "a", "params": messageBody()]]]
        let create = Call("POST", "/anthropic/v1/messages/batches", headers: headers, body: body.bytes)
        #expect(await cloud.answer(create).damage == .reset)
        #expect(await cloud.answer(create).status == 500)
        let list = await cloud.answer(Call("GET", "/anthropic/v1/messages/batches", headers: headers))
        #expect(try JSONValue(parsing: list.body)["data"]?.array?.count == 1)
    }

    @Test func cutAnswer() async throws {
        let cloud = try DevCloud(
            StandInSettings(), script: try Script([["truncate": 7], ["truncate": true]]), clock: StoppedClock())
        #expect(await cloud.answer(message("a")).damage == .cut(after: 7))
        let answer = await cloud.answer(message("a"))
        #expect(answer.damage == .cut(after: answer.body.count / 2))
    }

    @Test func seedThatIsNone() {
        #expect(throws: BraintrustFault.self) {
            try DevCloud(StandInSettings(), seed: ["nonsense": [[:]]], clock: StoppedClock())
        }
    }

    @Test func queriesAreDecodedAsForms() {
        let query = Call.query("a=1&b=x+y%2B&c&a=2&=&d=e=f")
        #expect(query.map(\.name) == ["a", "b", "c", "a", "", "d"])
        #expect(query.map(\.value) == ["1", "x y+", "", "2", "", "e=f"])
    }
}
