import Foundation
import Support
import Testing

@Suite struct BuildInfoTests {
    @Test func tellsTheCommitWhereItIsKnown() {
        #expect(BuildInfo.describe(release: "1.2.3", commit: "abc") == "1.2.3 (abc)")
        #expect(BuildInfo.describe(release: "1.2.3", commit: nil) == "1.2.3")
    }

    /// An image and a program that is built by hand from the same source say the same.
    @Test func theImageHasTheSameRelease() throws {
        let dockerfile = try String(
            contentsOf: URL(fileURLWithPath: #filePath).appending(path: "../../../Dockerfile").standardized,
            encoding: .utf8)
        let releases = dockerfile.matches(of: /ARG RELEASE=(.*)/).map { String($0.1) }
        #expect(releases.count == 2)
        #expect(Set(releases) == [BuildInfo.version])
    }
}
