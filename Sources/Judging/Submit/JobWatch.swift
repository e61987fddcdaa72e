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

    /// - Parameter model: that the job was asked for with.
    package init(_ job: BatchJob, model: String) {
        guard job.state.isEnded else {
            self = .running
            return
        }
        if job.state == .failed, let error = job.error, error.code == Self.notFound,
            isAbout(error.message, model: model)
        {
            self = .modelGone(error.message)
        } else {
            self = .ended
        }
    }

    /// Notes in the state what is known of the job.
    static func note(_ job: BatchJob, in input: inout DayState.Input) {
        input.jobState = job.state.description
        if let directory = job.outputDirectory { input.outputDirectory = directory }
        if let successful = job.successful { input.successful = successful }
    }
}

/// Whether what the service says it has not found is the model: a bucket, a project or a location are not found as well, and
/// then another model would be no help. The service names a model by its resource; a name alone counts where no address of
/// something else may hold it.
func isAbout(_ message: String, model: String) -> Bool {
    let name = shortModel(model)
    return message.contains("models/\(name)") || message.contains(name) && !message.contains("://")
}
