import Foundation
import Support
import TestSupport
import Testing

@testable import StandIns

/// A stand-in with a directory of its own, which goes away with it.
private final class Vertex {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("vertex-\(UUID())")
    let cloud: DevCloud

    init(_ settings: StandInSettings = StandInSettings(), script: JSONValue = []) throws {
        var settings = settings
        // On a busy machine, too, the answers are the same.
        settings.jobPatience = .seconds(3600)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        cloud = try DevCloud(
            settings, script: try Script(script),
            store: try JobStore(url: "file://\(directory.path)", emulator: nil),
            clock: ManualWallClock(1_795_000_000_123))
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func write(_ name: String, _ lines: [JSONValue]) throws {
        let content = lines.map { $0.text + "\n" }.joined()
        try Data(content.utf8).write(to: directory.appendingPathComponent(name))
    }

    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, query: [(name: String, value: String)] = []
    ) async throws -> (status: Int, json: JSONValue) {
        let answer = await cloud.answer(
            Call(
                method, "/vertex/v1/projects/p/locations/us-central1/\(path)", query: query,
                headers: ["authorization": "Bearer devcloud"], body: body?.bytes ?? []))
        return (answer.status, try JSONValue(parsing: answer.body))
    }

    func draft(_ members: JSONValue = [:]) -> JSONValue {
        var draft = JSONObject([
            ("displayName", "day"), ("model", "publishers/google/models/gemini-3.5-flash-lite"),
            ("inputConfig", ["instancesFormat": "jsonl", "gcsSource": ["uris": ["gs://b/in.jsonl"]]]),
            ("outputConfig", ["predictionsFormat": "jsonl", "gcsDestination": ["outputUriPrefix": "gs://b/out"]]),
        ])
        for member in members.object?.members ?? [] { draft[member.key] = member.value }
        return .object(draft)
    }

    /// Makes a job and asks for it until it has ended.
    func ended(_ members: JSONValue = [:]) async throws -> JSONValue {
        let made = try await call("POST", "batchPredictionJobs", draft(members)).json
        let id = made["name"]?.string?.split(separator: "/").last ?? ""
        while true {
            let job = try await call("GET", "batchPredictionJobs/\(id)").json
            if job["endTime"] != nil { return job }
        }
    }

    func files(of job: JSONValue) throws -> [[JSONValue]] {
        let directory = try #require(job["outputInfo"]?["gcsOutputDirectory"]?.string)
        let folder = self.directory.appendingPathComponent(String(directory.dropFirst("gs://b/".count)))
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8).split(separator: "\n").map {
                try JSONValue(parsing: String($0))
            }
        }
    }

    func rows(of job: JSONValue) throws -> [JSONValue] { try files(of: job).flatMap { $0 } }
}

private func line(_ number: Int, _ text: String = "hello") -> JSONValue {
    ["request": geminiRequest(text, ["labels": ["row": .string(String(number))]])]
}

private func number(of row: JSONValue) -> Int? { row["request"]?["labels"]?["row"]?.string.flatMap { Int($0) } }

@Suite struct VertexServiceTests {
    @Test func aJobGoesOnWhenItIsAskedFor() async throws {
        let vertex = try Vertex()
        try vertex.write("in.jsonl", (0..<20).map { line($0) })
        let made = try await vertex.call("POST", "batchPredictionJobs", vertex.draft())
        #expect((made.status, made.json["state"]) == (200, "JOB_STATE_QUEUED"))
        let id = try #require(made.json["name"]?.string?.split(separator: "/").last)
        var states: [JSONValue?] = []
        for _ in 0..<4 { states.append(try await vertex.call("GET", "batchPredictionJobs/\(id)").json["state"]) }
        #expect(states == ["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED", "JOB_STATE_SUCCEEDED"])
        let job = try await vertex.call("GET", "batchPredictionJobs/\(id)").json
        #expect(job["completionStats"] == ["successfulCount": "20", "failedCount": "0"])
        #expect(job["outputInfo"]?["gcsOutputDirectory"]?.string?.hasPrefix("gs://b/out/prediction-model-") == true)
        let files = try vertex.files(of: job)
        #expect(files.count == 2)
        let numbers = files.flatMap { $0 }.compactMap(number)
        #expect(numbers != Array(0..<20) && numbers.sorted() == Array(0..<20))
        #expect(files[0][0]["status"] == "" && files[0][0]["response"]?["modelVersion"] == "gemini-3.5-flash-lite")
    }

    @Test func twoCreatesAreTwoJobs() async throws {
        let vertex = try Vertex()
        for _ in 0..<2 { _ = try await vertex.call("POST", "batchPredictionJobs", vertex.draft()) }
        let list = try await vertex.call(
            "GET", "batchPredictionJobs", query: [("filter", #"display_name="day""#), ("pageSize", "1")])
        #expect(list.json["batchPredictionJobs"]?.array?.count == 1)
        let token = try #require(list.json["nextPageToken"]?.string)
        let next = try await vertex.call(
            "GET", "batchPredictionJobs",
            query: [("filter", #"display_name="day""#), ("pageSize", "1"), ("pageToken", token)])
        #expect(next.json["batchPredictionJobs"]?.array?.count == 1 && next.json["nextPageToken"] == nil)
        let calls = try JSONValue(parsing: await vertex.cloud.answer(Call("GET", "/_devcloud/calls")).body)
        #expect(calls["jobs"] == ["day": 2])
        #expect(try await vertex.call("GET", "batchPredictionJobs", query: [("filter", "nonsense=1")]).status == 400)
    }

    @Test(
        arguments: [
            ["displayName": nil], ["displayName": .string(String(repeating: "d", count: 129))], ["model": "gemini"],
            ["nonsense": 1], ["labels": ["a": "UPPER"]], ["inputConfig": ["instancesFormat": "jsonl"]],
            ["inputConfig": ["instancesFormat": "csv", "gcsSource": ["uris": ["gs://b/i"]]]],
            ["inputConfig": ["instancesFormat": "jsonl", "gcsSource": ["uris": ["/tmp/i"]]]],
            ["inputConfig": ["instancesFormat": "jsonl", "gcsSource": ["uris": ["file:///elsewhere/i"]]]],
            ["outputConfig": ["predictionsFormat": "jsonl", "gcsDestination": ["outputUriPrefix": "out"]]],
            ["model": "projects/p/locations/elsewhere/publishers/google/models/gemini-3.5-flash"],
        ] as [JSONValue])
    func drafts(that members: JSONValue) async throws {
        let vertex = try Vertex()
        let answer = try await vertex.call("POST", "batchPredictionJobs", vertex.draft(members))
        #expect((answer.status, answer.json["error"]?["status"]) == (400, "INVALID_ARGUMENT"))
    }

    @Test(arguments: ["gemini-9", "gemini-2.5-flash"])
    func modelsThatAreNotThere(model: String) async throws {
        var settings = StandInSettings()
        settings.retiredModels = ["gemini-2.5-flash"]
        let vertex = try Vertex(settings)
        let draft = vertex.draft(["model": .string("publishers/google/models/\(model)")])
        let answer = try await vertex.call("POST", "batchPredictionJobs", draft)
        #expect((answer.status, answer.json["error"]?["status"]) == (404, "NOT_FOUND"))
        let online = try await vertex.call(
            "POST", "publishers/google/models/\(model):generateContent", geminiRequest())
        #expect(online.status == 404)
    }

    @Test func cancelledOnesKeepWhatIsDone() async throws {
        let vertex = try Vertex()
        try vertex.write("in.jsonl", (0..<9).map { line($0) })
        let made = try await vertex.call("POST", "batchPredictionJobs", vertex.draft()).json
        let path = "batchPredictionJobs/\(made["name"]?.string?.split(separator: "/").last ?? "")"
        _ = try await vertex.call("GET", path)
        #expect(try await vertex.call("DELETE", path).status == 400)
        #expect(try await vertex.call("POST", path + ":cancel").json == [:])
        let job = try await vertex.call("GET", path).json
        #expect(job["state"] == "JOB_STATE_CANCELLED")
        #expect(try vertex.rows(of: job).count == 3)
        #expect(try await vertex.call("POST", path + ":cancel").json["error"]?["status"] == "FAILED_PRECONDITION")
        let operation = try await vertex.call("DELETE", path).json
        #expect(operation["done"] == true)
        #expect(try await vertex.call("GET", path).status == 404)
        let name = try #require(operation["name"]?.string?.split(separator: "/").last)
        #expect(try await vertex.call("GET", "operations/\(name)").json == operation)
    }

    @Test func credentials() async throws {
        let vertex = try Vertex()
        let path = "/vertex/v1/projects/p/locations/l/batchPredictionJobs"
        for headers in [[:], ["authorization": "Bearer wrong"]] {
            let answer = await vertex.cloud.answer(Call("GET", path, headers: headers))
            #expect(answer.status == 401)
            #expect(try JSONValue(parsing: answer.body)["error"]?["status"] == "UNAUTHENTICATED")
        }
        let token = "/computeMetadata/v1/instance/service-accounts/default/token"
        #expect(await vertex.cloud.answer(Call("GET", token)).status == 403)
        let answer = await vertex.cloud.answer(Call("GET", token, headers: ["metadata-flavor": "Google"]))
        #expect(answer.headers["metadata-flavor"] == "Google")
        let bearer = try #require(try JSONValue(parsing: answer.body)["access_token"]?.string)
        let headers = ["authorization": "Bearer \(bearer)"]
        #expect(await vertex.cloud.answer(Call("GET", path, headers: headers)).status == 200)
    }
}

@Suite struct BatchRunTests {
    @Test func rowsByScript() async throws {
        let vertex = try Vertex(script: [
            ["route": "batch_jobs.row", "contains": "r-error", "outcome": "errored", "status": 429],
            ["route": "batch_jobs.row", "contains": "r-block", "outcome": "blocked"],
            ["route": "batch_jobs.row", "contains": "r-missing", "outcome": "missing"],
            ["route": "batch_jobs.row", "contains": "r-double", "outcome": "duplicated"],
            ["route": "batch_jobs.row", "contains": "r-text", "text": "not JSON"],
            ["route": "batch_jobs.row", "contains": "r-cut", "truncate": 3],
        ])
        let texts = ["r-error", "r-block", "r-missing", "r-double", "r-text", "r-cut"]
        try vertex.write("in.jsonl", texts.enumerated().map { line($0, $1) })
        let job = try await vertex.ended()
        #expect(
            job["completionStats"] == ["successfulCount": "4", "failedCount": "1", "incompleteCount": "1"])
        let rows = Dictionary(grouping: try vertex.rows(of: job)) { number(of: $0) ?? -1 }
        #expect(rows[0]?.first?["status"]?.string?.contains("RESOURCE_EXHAUSTED") == true)
        #expect(rows[0]?.first?["response"] == [:])
        #expect(rows[1]?.first?["response"]?["promptFeedback"]?["blockReason"] == "SAFETY")
        #expect((rows[2]?.count, rows[3]?.count) == (nil, 2))
        let candidates = [4, 5].compactMap { rows[$0]?.first?["response"]?["candidates"]?.array?.first }
        #expect(candidates.map { $0["content"]?["parts"] } == [[["text": "not JSON"]], [["text": "sta"]]])
        #expect(candidates.map { $0["finishReason"] } == ["STOP", "MAX_TOKENS"])
    }

    @Test func rowsByRate() async throws {
        var settings = StandInSettings()
        settings.rowFaults = [.errored: 0.25, .missing: 0.25, .duplicated: 0.25]
        let vertex = try Vertex(settings)
        try vertex.write("in.jsonl", (0..<400).map { line($0) })
        let job = try await vertex.ended()
        let rows = try vertex.rows(of: job)
        #expect((60...140).contains(rows.count { $0["status"] != "" }))
        let answers = Dictionary(grouping: rows) { number(of: $0) ?? -1 }
        #expect((260...340).contains(answers.count))
        #expect((60...140).contains(answers.count { $0.value.count == 2 }))
    }

    @Test(arguments: [
        ("errored", 0, "JOB_STATE_FAILED"), ("expired", 1, "JOB_STATE_EXPIRED"), ("canceled", 1, "JOB_STATE_CANCELLED"),
        ("partial", 1, "JOB_STATE_PARTIALLY_SUCCEEDED"),
    ])
    func endsByScript(outcome: String, rows: Int, state: String) async throws {
        let vertex = try Vertex(script: [
            [
                "route": "batch_jobs.end", "contains": "\"day\"", "outcome": .string(outcome), "rows": .integer(rows),
                "status": 404,
            ]
        ])
        try vertex.write("in.jsonl", (0..<2).map { line($0) })
        let job = try await vertex.ended()
        #expect(job["state"]?.string == state)
        #expect(job["error"]?["code"]?.integer == (outcome == "errored" ? 5 : nil))
        if rows > 0 { #expect(try vertex.rows(of: job).count == rows) } else { #expect(job["outputInfo"] == nil) }
    }

    @Test(arguments: ["", "{}\n", "not JSON\n", "[1]\n", "{\"request\":{}}\nnonsense"])
    func inputThatFailsTheJob(content: String) async throws {
        let vertex = try Vertex()
        try Data(content.utf8).write(to: vertex.directory.appendingPathComponent("in.jsonl"))
        let job = try await vertex.ended()
        #expect((job["state"], job["error"]?["code"]) == ("JOB_STATE_FAILED", 3))
        #expect(job["outputInfo"] == nil)
    }

    @Test func aRequestThatCannotBeIsARowWithAnError() async throws {
        let vertex = try Vertex()
        try vertex.write(
            "in.jsonl", [line(0), ["request": geminiRequest("a", ["labels": ["row": "BAD"]])], ["request": [:]]])
        let job = try await vertex.ended()
        #expect(job["completionStats"] == ["successfulCount": "1", "failedCount": "2"])
        #expect(try vertex.rows(of: job).count { $0["status"]?.string?.contains("INVALID_ARGUMENT") == true } == 2)
    }

    @Test(arguments: [(1, Int64(1_000_000), "requests"), (10, 100, "bytes")])
    func limits(lines: Int, bytes: Int64, word: String) async throws {
        let vertex = try Vertex()
        try vertex.write("in.jsonl", (0..<2).map { line($0) })
        let message = try VertexSchema.shared.message(vertex.draft(), "BatchPredictionJob")
        let job = try BatchPredictionJob(
            message, id: "1", place: VertexPlace(project: "p", location: "l"), retired: [], now: 0)
        let run = BatchRun(
            job: job, number: 1, store: try JobStore(url: "file://\(vertex.directory.path)", emulator: nil),
            settings: StandInSettings(), limits: BatchRun.Limits(lines: lines, bytes: bytes), now: 0
        ) { _, _ in nil }
        let end = await run.work()
        #expect(end.state == .failed && end.error?.message.contains(word) == true)
    }

    @Test func wildcardsAndFileURIs() async throws {
        let vertex = try Vertex()
        try vertex.write("a-1.jsonl", [line(0)])
        try vertex.write("a-2.jsonl", [line(1)])
        try vertex.write("b.jsonl", [line(2)])
        let store = "file://\(vertex.directory.path)"
        let input: JSONValue = ["instancesFormat": "jsonl", "gcsSource": ["uris": [.string("\(store)/a-*.jsonl")]]]
        let job = try await vertex.ended(["inputConfig": input])
        #expect(try vertex.rows(of: job).compactMap(number).sorted() == [0, 1])
    }
}
