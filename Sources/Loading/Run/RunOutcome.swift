import Interactions
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
package func exitStatus(failure: Failure?, isDataLost: Bool, isDrained: Bool) -> ExitStatus {
    if let failure { return failure.status }
    if isDataLost { return .dataLoss }
    return isDrained ? .success : .notDrained
}
