import Foundation
import Support
import Testing

@Suite struct BuildInfoTests {
    @Test func tellsTheCommitWhereItIsKnown() {
        #expect(BuildInfo.describe(release: "1.2.3", commit: "abc") == "1.2.3 (abc)")
        #expect(BuildInfo.describe(release: "1.2.3", commit: nil) == "1.2.3")
    }

    /// An image, the chart, and a program that is built by hand from the same source say the same.
    @Test(arguments: [("Dockerfile", "ARG RELEASE=", 2), ("deploy/helm/Chart.yaml", "appVersion: ", 1)])
    func theReleaseIsTheSameEverywhere(file: String, label: String, times: Int) throws {
        let root = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardized
        let releases = try String(contentsOf: root.appending(path: file), encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix(label) }.map { $0.dropFirst(label.count).filter { $0 != "\"" } }
        #expect(releases == Array(repeating: BuildInfo.version, count: times))
    }
}
