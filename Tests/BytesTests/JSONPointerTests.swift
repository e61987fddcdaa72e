@testable import Bytes
import Testing

@Suite struct JSONPointerTests {
    @Test(arguments: [
        ("", []), ("/", [""]), ("/timestamp", ["timestamp"]), ("/a/0/b", ["a", "0", "b"]), ("//", ["", ""]),
        ("/a~1b/c~0d", ["a/b", "c~d"]), ("/~01", ["~1"]), ("/é😀", ["é😀"]),
    ])
    func readsTokens(_ text: String, _ tokens: [String]) throws {
        let pointer = try #require(JSONPointer(text))
        #expect(pointer.tokens == tokens)
        #expect(pointer.description == text)
    }

    @Test(arguments: ["timestamp", "a/b", "/a~", "/a~2", "/~", "/~/0"])
    func refusesWhatIsNoPointer(_ text: String) {
        #expect(JSONPointer(text) == nil)
    }
}
