import HTTP
import Support
import Testing

@Suite struct ServiceAddressTests {
    @Test(arguments: [
        ("https://api.example", "https://api.example"), ("HTTPS://Api.Example/", "https://api.example"),
        ("https://h:8443/base//", "https://h:8443/base"), ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost/x", "http://localhost/x"), ("http://[::1]:9/", "http://[::1]:9"),
    ])
    func addresses(text: String, address: String) throws {
        #expect(try ServiceAddress(text, variable: "V").description == address)
    }

    @Test(arguments: [
        "", "api.example", "ftp://api.example", "https://user:pass@api.example", "https://a.b/?q=1", "https://a.b#f",
        "http://api.example", "http://10.0.0.1", "https://a b",
    ])
    func noAddresses(text: String) throws {
        let failure = try #require(throws: Failure.self) { try ServiceAddress(text, variable: "V_URL") }
        #expect(failure.status == .usage)
        #expect(failure.message.hasPrefix("V_URL is"))
        #expect(!failure.description.contains("pass"))
    }

    @Test func keys() throws {
        #expect(try serviceKey(" sk-1\r\n", variable: "V").value == "sk-1")
        for text in ["", "\n", "a b", "ä", "a\u{7F}"] {
            let failure = try #require(throws: Failure.self) { try serviceKey(text, variable: "V_KEY") }
            #expect(failure.message.hasPrefix("V_KEY "))
        }
    }
}
