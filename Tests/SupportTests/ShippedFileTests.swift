import Foundation
import Support
import Testing

@Suite struct ShippedFileTests {
    @Test func besideTheProgramUnlessItIsHere() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shipped-\(UUID())")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "prompts"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let name = "prompts/\(UUID()).json"
        #expect(ShippedFile.find(name, beside: folder.path) == name, "nowhere")
        try Data().write(to: folder.appending(path: name))
        #expect(ShippedFile.find(name, beside: folder.path) == "\(folder.path)/\(name)")
        // An absolute path is below every directory, the current one too.
        let here = folder.appending(path: name).path
        #expect(ShippedFile.find(here, beside: "/nowhere") == here)
    }

    @Test func theProgramIsSomewhere() {
        #expect(ShippedFile.programFolder.hasPrefix("/"))
        #expect(FileManager.default.fileExists(atPath: ShippedFile.programFolder))
    }

    @Test func aMissingFileNamesItsSettingAndWhereItWasLookedFor() throws {
        let setting = Setting("the-file", .text("FILE"), .standard("prompts/x"), help: "")
        let failure = try #require(throws: Failure.self) {
            try readFile("/nowhere/x", limit: 1, what: "prompt", setting: setting)
        }
        for text in ["the prompt /nowhere/x", "--the-file", "THE_FILE", "prompts/x", ShippedFile.programFolder] {
            #expect(failure.description.contains(text), "\(failure)")
        }
    }
}
