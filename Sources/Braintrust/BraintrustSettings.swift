package import Support

/// The settings of Braintrust, the same for every command.
package enum BraintrustSettings {
    package static let project = Setting("braintrust-project-id", .text("UUID"), help: "The project.")
    package static let key = Setting(
        BraintrustSettings.name(BraintrustConfiguration.keyVariable), .text("KEY"), .required, secret: true,
        help: "A key of Braintrust's API.")
    package static let address = Setting(
        BraintrustSettings.name(BraintrustConfiguration.addressVariable), .text("URL"),
        .standard(BraintrustConfiguration.defaultAddress), help: "Braintrust's data plane.")
    package static let organization = Setting(
        BraintrustSettings.name(BraintrustConfiguration.organizationVariable), .text("NAME"),
        help: "For a key of several organizations.")

    /// How to reach it; the project is each command's own.
    package static let settings = [key, address, organization]

    /// nil when something is wrong, which the reader tells then.
    package static func read(_ reader: inout SettingsReader) -> BraintrustConfiguration? {
        let key = reader.optionalText(key)
        let (address, organization) = (reader.text(address), reader.optionalText(organization))
        guard let key else { return nil }
        do {
            return try BraintrustConfiguration(address: address, key: key, organization: organization)
        } catch {
            reader.report(error.description)
            return nil
        }
    }

    private static func name(_ variable: String) -> String {
        String(variable.lowercased().map { $0 == "_" ? "-" : $0 })
    }
}
