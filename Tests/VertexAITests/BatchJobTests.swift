import HTTP
import Testing

@testable import VertexAI

@Suite struct BatchJobTests {
    private static let name = "projects/1/locations/us-central1/batchPredictionJobs/2"

    private func job(_ members: String) -> BatchJob? {
        let body = #"{"name":"\#(Self.name)"\#(members.isEmpty ? "" : ",")\#(members)}"#
        return HTTPResponse(status: 200, headers: [:], body: Array(body.utf8)).decodedBody(BatchJob.self)
    }

    @Test func allOfIt() {
        let found = job(
            #"""
            "displayName":"d","model":"publishers/google/models/m","state":"JOB_STATE_PARTIALLY_SUCCEEDED",
            "createTime":"2026-11-21T07:30:01.123456Z","endTime":"2026-11-21T08:30:01Z","unknown":{"a":[1]},
            "inputConfig":{"instancesFormat":"jsonl","gcsSource":{"uris":["gs://b/in.jsonl"]}},
            "outputConfig":{"predictionsFormat":"jsonl","gcsDestination":{"outputUriPrefix":"gs://b/out"}},
            "outputInfo":{"gcsOutputDirectory":"gs://b/out/prediction-model-1"},
            "error":{"code":8,"message":"too\nmany","details":[{"@type":"x"}]},
            "completionStats":{"successfulCount":"12345678901","failedCount":"2","incompleteCount":"0"}
            """#)
        #expect(
            found
                == BatchJob(
                    name: Self.name, displayName: "d", model: "publishers/google/models/m", state: .partiallySucceeded,
                    inputURIs: ["gs://b/in.jsonl"], outputPrefix: "gs://b/out", createTime: 1_795_246_201_123,
                    endTime: 1_795_249_801_000,
                    outputDirectory: "gs://b/out/prediction-model-1",
                    error: BatchJob.Problem(code: 8, message: "too\u{FFFD}many"), successful: 12_345_678_901))
    }

    @Test(arguments: [
        "", #""state":null,"displayName":5,"model":null,"createTime":"soon","outputInfo":[],"error":"x""#,
        #""inputConfig":{"gcsSource":[]},"outputConfig":{"gcsDestination":"x"}"#,
        #""completionStats":{"successfulCount":"many","failedCount":{},"incompleteCount":1.5},"outputInfo":{}"#,
    ])
    func onlyTheNameHasToBeThere(members: String) {
        #expect(job(members) == BatchJob(name: Self.name, displayName: "", model: "", state: .other("")))
    }

    @Test(
        arguments: [
            ("d", ["gs://b/i"], "gs://b/o", true), ("d", ["gs://b/i"], "gs://b/o/", true), ("d", nil, nil, true),
            ("e", ["gs://b/i"], "gs://b/o", false), ("d", ["gs://b/j"], "gs://b/o", false),
            ("d", ["gs://b/i", "gs://b/j"], "gs://b/o", false), ("d", ["gs://b/i"], "gs://c/o", false),
        ] as [(String, [String]?, String?, Bool)])
    func jobsOfADraft(name: String, inputs: [String]?, output: String?, expected: Bool) {
        let job = BatchJob(
            name: Self.name, displayName: name, model: "m", state: .running, inputURIs: inputs, outputPrefix: output)
        let draft = BatchJobDraft(displayName: "d", model: "m", inputURIs: ["gs://b/i"], outputPrefix: "gs://b/o")
        #expect(job.mayBe(draft) == expected)
    }

    @Test func countsThatAreNumbers() {
        #expect(job(#""completionStats":{"successfulCount":7}"#)?.successful == 7)
    }

    @Test(arguments: [
        #"{}"#, #"{"name":5}"#, #"{"name":"projects/1/locations/us/models/1"}"#, #"{"name":"\#(Self.name)","state":5}"#,
        "[]", "", "null",
    ])
    func noJobs(body: String) {
        #expect(HTTPResponse(status: 200, headers: [:], body: Array(body.utf8)).decodedBody(BatchJob.self) == nil)
    }

    @Test(arguments: [
        ("QUEUED", JobState.queued, false), ("PENDING", .pending, false), ("RUNNING", .running, false),
        ("SUCCEEDED", .succeeded, true), ("FAILED", .failed, true), ("CANCELLING", .cancelling, false),
        ("CANCELLED", .cancelled, true), ("PAUSED", .paused, false), ("EXPIRED", .expired, true),
        ("UPDATING", .updating, false), ("PARTIALLY_SUCCEEDED", .partiallySucceeded, true),
        ("DREAMING", .other("JOB_STATE_DREAMING"), false),
    ])
    func states(name: String, state: JobState, isEnded: Bool) {
        #expect(JobState("JOB_STATE_" + name) == state)
        #expect(state.description == "JOB_STATE_" + name)
        #expect(state.isEnded == isEnded)
    }
}
