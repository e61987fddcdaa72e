import Braintrust
import HTTP
import Support
import Testing

@Suite struct BraintrustConfigurationTests {
    @Test func usualValues() throws {
        let configuration = try BraintrustConfiguration(key: " key\n")
        #expect(configuration.key.value == "key")
        #expect(configuration.address.description == "https://api.braintrust.dev")
        #expect(!"\(configuration)".contains("key\""))
    }

    @Test(arguments: [
        ("", "k"), ("api.braintrust.dev", "k"), ("http://api.braintrust.dev", "k"), ("https://a.b?c", "k"),
    ])
    func addresses(address: String, key: String) throws {
        let failure = try #require(throws: Failure.self) { try BraintrustConfiguration(address: address, key: key) }
        #expect(failure.status == .usage)
        #expect(failure.message.contains("BRAINTRUST_API_URL"))
    }

    @Test func noKey() throws {
        let failure = try #require(throws: Failure.self) { try BraintrustConfiguration(key: "\n") }
        #expect(failure.status == .noPermission)
        #expect(failure.message.contains("BRAINTRUST_API_KEY"))
    }
}
