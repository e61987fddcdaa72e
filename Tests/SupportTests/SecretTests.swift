import Support
import Testing

@Suite struct SecretTests {
    private struct Holder { var secret = Secret("hunter2\r\n") }

    @Test func nobodySeesIt() {
        var shown = "\(Secret("hunter2")) \(Holder()) \(String(reflecting: Secret("hunter2"))) \([Secret("hunter2")])"
        dump(Holder(), to: &shown)
        #expect(!shown.contains("hunter2"))
        #expect(shown.contains("…"))
    }

    @Test func whiteSpaceAroundItIsNotPartOfIt() {
        #expect(Holder().secret.value == "hunter2")
        #expect(Secret("hunter2") == Holder().secret)
    }
}
