package import Interactions
package import Support

/// Why a run ended before its partitions were drained.
package enum StopReason: String, Sendable, Codable {
    /// `--max-duration`.
    case deadline
    /// SIGTERM or SIGINT.
    case signal
    /// Nothing came for `--no-progress-timeout`, or the group did not form.
    case stalled
    /// A failure.
    case failure
}

/// The exit status of a run. Pure.
package func exitStatus(failure: Failure?, lost: [LostRange], drained: Bool) -> ExitStatus {
    if let failure { return failure.status }
    if !lost.isEmpty { return .dataLoss }
    return drained ? .success : .notDrained
}
