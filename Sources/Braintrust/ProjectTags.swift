/// A tag that a project of Braintrust's has.
package struct ProjectTag: Sendable, Equatable {
    package var id: String
    package var projectID: String?
    /// nil when it is null, missing, or no text; so is the description.
    package var name: String?
    package var description: String?
}

extension ProjectTag: ListedObject {
    private enum Key: String, CodingKey { case id, project_id, name, description }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func text(_ key: Key) -> String? { try? values.decode(String.self, forKey: key) }
        id = try values.decode(String.self, forKey: .id)
        (projectID, name, description) = (text(.project_id), text(.name), text(.description))
    }
}

extension BraintrustClient {
    /// All tags of the organization, or of one project: all pages, the newest first, each tag once.
    package func projectTags(projectID: String? = nil) async throws(BraintrustError) -> [ProjectTag] {
        try await list("/v1/project_tag", [("project_id", projectID)], what: "tags")
    }
}
