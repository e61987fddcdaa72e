package import HTTP
package import Support

/// How to reach Braintrust's data plane.
package struct BraintrustConfiguration: Sendable {
    /// Where people put these, for messages and settings; the same names as Braintrust's own clients use.
    package static let keyVariable = "BRAINTRUST_API_KEY"
    package static let addressVariable = "BRAINTRUST_API_URL"
    package static let organizationVariable = "BRAINTRUST_ORG_NAME"
    package static let defaultAddress = "https://api.braintrust.dev"

    package let address: ServiceAddress
    package let key: Secret
    /// For a key of several organizations.
    package var organization: String?
    /// For one attempt.
    package var timeout: Duration = .seconds(60)
    /// For all attempts; queries and writes have ten times as long.
    package var deadline: Duration = BraintrustClient.retryPolicy.deadline

    /// - Throws: `usage` or `noPermission`, without the key.
    package init(address: String = defaultAddress, key: String, organization: String? = nil) throws(Failure) {
        self.address = try ServiceAddress(address, variable: BraintrustConfiguration.addressVariable)
        self.key = try serviceKey(key, variable: BraintrustConfiguration.keyVariable)
        self.organization = organization
    }
}
