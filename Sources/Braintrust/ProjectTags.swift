internal import HTTP

/// A tag that a project of Braintrust's has.
package struct ProjectTag: Sendable, Equatable {
    package var id: String
    package var projectID: String?
    /// nil when it is null, missing, or no text; so is the description.
    package var name: String?
    package var description: String?
}

extension ProjectTag: Decodable {
    private enum Key: String, CodingKey { case id, project_id, name, description }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func text(_ key: Key) -> String? { try? values.decode(String.self, forKey: key) }
        id = try values.decode(String.self, forKey: .id)
        (projectID, name, description) = (text(.project_id), text(.name), text(.description))
    }
}

extension BraintrustClient {
    private static let pageSize = 1000
    private static let maxPages = 100
    private static let maxPageBytes = 16 << 20

    private struct Page: Decodable { var objects: [ProjectTag] }

    /// All tags of the organization, or of one project: all pages, the newest first, each tag once.
    package func projectTags(projectID: String? = nil) async throws(BraintrustError) -> [ProjectTag] {
        var tags: [ProjectTag] = []
        var seen: Set<String> = []
        for _ in 0..<BraintrustClient.maxPages {
            let response = try await call(
                get(
                    "/v1/project_tag",
                    [
                        ("limit", "\(BraintrustClient.pageSize)"), ("starting_after", tags.last?.id),
                        ("project_id", projectID), ("org_name", configuration.organization),
                    ], maxResponseBytes: BraintrustClient.maxPageBytes))
            guard let page = response.decodedBody(Page.self) else {
                throw BraintrustError(unreadable: response, "the answer is not a list of tags")
            }
            // How many a page holds is the server's choice, so only an empty one is the last.
            if page.objects.isEmpty { return tags }
            let new = page.objects.filter { seen.insert($0.id).inserted }
            guard !new.isEmpty else {
                throw BraintrustError(unreadable: response, "the list of tags begins again instead of ending")
            }
            tags += new
        }
        throw BraintrustError(
            .unreadable, message: "the list of tags does not end after \(BraintrustClient.maxPages) pages")
    }
}
