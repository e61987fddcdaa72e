/// What was built.
package enum BuildInfo {
    /// As `--version` prints it and run reports record it.
    package static let version = describe(release: BuildStamp.release, commit: BuildStamp.commit)

    package static func describe(release: String, commit: String?) -> String {
        commit.map { "\(release) (\($0))" } ?? release
    }
}
