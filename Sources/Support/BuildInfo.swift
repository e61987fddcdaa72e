/// What was built.
package enum BuildInfo {
    /// As `--version` prints it and run reports record it.
    package static let version = "0.1.0"
}
