internal import Support
package import VertexAI

/// What to do about a job, by what the service says of it. Pure.
package enum JobWatch: Sendable, Equatable {
    /// It goes on.
    case running
    case ended
    /// It came to nothing, since the model is not to be had.
    case modelGone(String)

    /// `NOT_FOUND` in google.rpc.Code.
    private static let notFound = 5

    package init(_ job: BatchJob) {
        guard job.state.isEnded else {
            self = .running
            return
        }
        if job.state == .failed, let error = job.error, error.code == Self.notFound {
            self = .modelGone(error.message)
        } else {
            self = .ended
        }
    }

    /// Notes in the state what is known of the job.
    static func note(_ job: BatchJob, in input: inout DayState.Input) {
        input.jobState = job.state.description
        if let directory = job.outputDirectory { input.outputDirectory = directory }
    }
}
