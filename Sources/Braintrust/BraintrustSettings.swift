package import Support

/// The settings by which jobs reach Braintrust.
package enum BraintrustSettings {
    package static let projectID = Setting(
        "braintrust-project-id", .text("PROJECT"), .required, help: "The Braintrust project, by id or by name.")
    package static let key = Setting(
        "braintrust-api-key", .text("KEY"), .required, secret: true, help: "A key that may read the project.")
    package static let address = Setting(
        "braintrust-api-url", .text("URL"), .standard(BraintrustConfiguration.defaultAddress),
        help: "Braintrust's data plane.")
    package static let organization = Setting(
        "braintrust-org-name", .text("NAME"), help: "For a key of several organizations.")
    package static let deadline = Setting(
        "braintrust-deadline", .duration(.seconds(1) ... .seconds(86_400)), .standard("1m"),
        help: "How long a call of Braintrust is tried again; a query for logs and a write of rows ten times as long.")

    /// The project aside.
    package static let connection = [key, address, organization, deadline]
    package static let group = SettingsTable.Group("Braintrust", [projectID] + connection)

    /// nil when something is wrong, which the reader then knows.
    package static func read(_ reader: inout SettingsReader) -> BraintrustConfiguration? {
        let (key, address) = (reader.optionalText(key), reader.text(address))
        let (organization, deadline) = (reader.optionalText(organization), reader.duration(deadline))
        guard let key else { return nil }
        do throws(Failure) {
            var configuration = try BraintrustConfiguration(address: address, key: key, organization: organization)
            configuration.deadline = deadline
            return configuration
        } catch {
            reader.report(error.description)
            return nil
        }
    }
}

extension BraintrustClient {
    /// The project that a user named, by its id or name.
    package func project(named text: String) async throws(Failure) -> Project {
        do throws(BraintrustError) {
            if let project = try await project(id: text) { return project }
            if let project = try await project(name: text) { return project }
        } catch {
            throw error.failure
        }
        throw Failure(
            .noInput, "Braintrust has no project “\(printable(text))” that this key may see",
            remedy: "check \(BraintrustSettings.projectID.bothNames) and the key")
    }

    /// The id of the project that a user named. One that is given is taken as it is: the key need not see the project itself.
    package func projectID(named text: String) async throws(Failure) -> String {
        let lengths = text.split(separator: "-", omittingEmptySubsequences: false).map(\.utf8.count)
        let isID = lengths == [8, 4, 4, 4, 12] && text.allSatisfy { $0 == "-" || $0.isASCII && $0.isHexDigit }
        if isID { return text }
        let project = try await project(named: text)
        return project.id
    }
}
