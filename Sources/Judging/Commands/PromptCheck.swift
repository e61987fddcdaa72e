internal import Bytes
internal import HTTP
internal import JobSupport
internal import Prompts
package import Records
package import Support
package import VertexAI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Everything that `batch-judge prompt check` was told.
package struct PromptCheckConfiguration: Sendable {
    package var promptPath: String
    package var model: String?
    package var shortening: Shortening
    /// nil: only the file is looked at.
    package var vertex: VertexConfiguration?
    package var vertexDeadline: Duration
    package var credentialsPath: String?
    package var log: LogConfiguration

    /// Throws one `Failure(.usage)` with everything that is wrong.
    package init(arguments: [String], environment: [String: String]) throws(Failure) {
        var reader = SettingsReader(JudgeSettings.promptTable, arguments: arguments, environment: environment)
        promptPath = reader.shippedPath(JudgeSettings.prompt)
        model = reader.optionalText(JudgeSettings.model)
        shortening = JudgeConfiguration.shortening(&reader)
        let asks = reader.isGiven(JudgeSettings.project) || reader.isGiven(JudgeSettings.projectID)
        vertex = asks && !reader.flag(JudgeSettings.dryRun) ? JudgeConfiguration.vertex(&reader) : nil
        vertexDeadline = reader.duration(JudgeSettings.deadline)
        credentialsPath = reader.optionalText(StorageSettings.credentials)
        log = LogSettings.read(&reader)
        try reader.finish()
    }
}

/// `batch-judge prompt check`: says on standard output what the file says, and with a project what the model answers to its test
/// cases.
package enum PromptCheck {
    package static func run(_ configuration: PromptCheckConfiguration) async -> ExitStatus {
        do throws(Failure) {
            let prompt = try JudgePrompt.file(path: configuration.promptPath)
            describe(prompt)
            for warning in prompt.warnings { say("warning: \(configuration.promptPath), \(warning)") }
            guard let vertex = configuration.vertex else {
                let stand = prompt.warnings.isEmpty ? "the file is sound" : "the file may be used"
                say("\(stand); no model was asked: that takes --gcp-project, and no --dry-run")
                return .success
            }
            let retrying = Retrying(
                policy: RetryPolicy(initial: .seconds(1), cap: .seconds(60), deadline: configuration.vertexDeadline))
            let client = try VertexClient.make(
                vertex, credentialsPath: configuration.credentialsPath, retrying,
                environment: ProcessInfo.processInfo.environment)
            return try await ask(prompt, configuration, client)
        } catch {
            configuration.log.report(error, program: "batch-judge")
            return error.status
        }
    }

    private static func describe(_ prompt: JudgePrompt) {
        say(
            "\(prompt.label): about \(prompt.systemTokens) tokens of system prompt, at most \(prompt.maxTokens) of answer"
        )
        say("  verdicts    \(prompt.schema.verdicts.joined(separator: ", "))")
        say("  severities  \(prompt.schema.severities.joined(separator: ", "))")
        say("  categories  \(prompt.schema.categories.joined(separator: ", "))")
        say("  test cases  \(prompt.tests.count), of which \(prompt.canaries.count) go along as canaries")
    }

    private static func ask(
        _ prompt: JudgePrompt, _ configuration: PromptCheckConfiguration, _ client: VertexClient
    ) async throws(Failure) -> ExitStatus {
        let model = configuration.model ?? prompt.model ?? JobSubmitter.standardModel
        var failed = 0
        for (test, expectation) in zip(prompt.tests, prompt.expectations) {
            let body = body(prompt, test, configuration.shortening)
            let response: [UInt8]
            do throws(VertexError) {
                response = try await client.generateContent(model: model, body: body)
            } catch {
                throw error.failure
            }
            let problem = problem(response, expectation, prompt.schema)
            if problem != nil { failed += 1 }
            say("  \(problem == nil ? "ok    " : "FAILED") \(test.name)" + (problem.map { ": \($0)" } ?? ""))
        }
        say("\(prompt.tests.count - failed) of \(prompt.tests.count) test cases are answered as expected by \(model)")
        return failed == 0 ? .success : .failure
    }

    private static func body(_ prompt: JudgePrompt, _ test: PromptTest, _ shortening: Shortening) -> ByteRope {
        let question = JudgeQuestion(prompt, shortening)
        question.ask(test, shortening)
        let buffer = ByteBuffer()
        question.appendBody(to: buffer)
        return ByteRope(buffer.bytes)
    }

    private static func problem(_ response: [UInt8], _ expected: Expectation, _ schema: VerdictSchema) -> String? {
        let row = response.withUnsafeBytes { OutputRowReader(schema: schema).read(response: $0) }
        return switch row.outcome {
        case .judged(let answer): expected.problem(answer, schema)
        case .failed(let reason): "no verdict: \(reason)"
        }
    }

    private static func say(_ line: String) { LineSink.standardOutput.write(line + "\n") }
}
