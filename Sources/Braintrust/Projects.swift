internal import HTTP

/// A project of Braintrust's.
package struct Project: Sendable, Equatable {
    package var id: String
    package var name: String

    package init(id: String, name: String) { (self.id, self.name) = (id, name) }
}

extension Project: ListedObject {}

extension BraintrustClient {
    /// - Returns: nil when there is none, or the key may not see it.
    package func project(id: String) async throws(BraintrustError) -> Project? {
        let response: HTTPResponse
        do throws(BraintrustError) {
            response = try await call(
                get("/v1/project/\(percentEncoded(id))", maxResponseBytes: BraintrustClient.maxListBytes))
        } catch {
            // What cannot be an id is refused with status 400.
            if error.kind == .status(404) || error.kind == .status(400) { return nil }
            throw error
        }
        guard let project = response.decodedBody(Project.self, maxDepth: BraintrustClient.maxListDepth) else {
            throw BraintrustError(unreadable: response, "the answer is not a project")
        }
        return project
    }

    /// - Returns: nil when there is none of that name, or the key may not see it.
    package func project(name: String) async throws(BraintrustError) -> Project? {
        let found: [Project] = try await list("/v1/project", [("project_name", name)], what: "projects")
        return found.first { $0.name.utf8.elementsEqual(name.utf8) }
    }
}
