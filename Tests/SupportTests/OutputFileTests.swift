import Foundation
import Support
import Testing

@Suite struct OutputFileTests {
    private func directory() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        return directory
    }

    @Test func itIsWrittenAndReplaced() throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "metrics.prom").path
        for content in ["one", String(repeating: "x", count: 1 << 20), ""] {
            try writeFile(path, Array(content.utf8), what: "metrics file")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == content)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["metrics.prom"])
    }

    @Test func aDeviceIsNotReplaced() throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "metrics.prom").path
        // A link to it, so that a mistake would not cost the machine its /dev/null.
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/null")
        try writeFile(path, [1], what: "metrics file")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "/dev/null")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["metrics.prom"])
    }

    @Test func theFileThatALinkLeadsToIsReplaced() throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let (path, link) = (directory.appending(path: "kept.prom").path, directory.appending(path: "link").path)
        try writeFile(path, [1], what: "metrics file")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(read(link) == link)
        try writeFile(link, Array("two".utf8), what: "metrics file")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "two")
    }

    /// What the setting comes to, or what is wrong with it.
    private func read(_ path: String) -> String? {
        let setting = Setting("metrics-file", .text("FILE"), help: "Metrics.")
        let table = SettingsTable("job", "Does it.", [SettingsTable.Group("Files", [setting])])
        var reader = SettingsReader(table, arguments: ["--metrics-file", path], environment: [:])
        let found = reader.outputPath(setting)
        do throws(Failure) {
            try reader.finish()
            return found
        } catch {
            return "\(error.status): \(error.message)"
        }
    }

    @Test func aPathIsLookedAtBeforeItIsWritten() throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "metrics.prom").path
        #expect(read(path) == path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty, "nothing is made")
        try writeFile(path, [1], what: "metrics file")
        for fine in [path, "/dev/null", "metrics.prom"] { #expect(read(fine) == fine) }
        for wrong in [directory.path, directory.path + "/missing/metrics.prom", path + "/metrics.prom", path + "/", ""]
        {
            #expect(
                read(wrong)
                    == "usage: --metrics-file is '\(wrong)'; expected a file in a directory that is there and can be written"
            )
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["metrics.prom"])
    }

    @Test func whereItCannotBeWrittenThePathIsTold() throws {
        let directory = try directory()
        defer { try? FileManager.default.removeItem(at: directory) }
        for path in [directory.path, directory.path + "/missing/metrics.prom"] {
            #expect {
                try writeFile(path, [1], what: "metrics file")
            } throws: { error in
                let failure = error as? Failure
                return failure?.status == .cannotCreate && failure?.message.contains(path) == true
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty, "nothing is left")
    }
}
