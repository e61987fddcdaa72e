import ArgumentParser
import Judging
import Support

@main
struct BatchJudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch-judge",
        abstract: "Judges each day's interactions in batch jobs of Vertex AI.",
        version: BuildInfo.version)
}
