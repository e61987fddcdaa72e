package import HTTP
package import Support

/// Which project's Vertex AI is called, where, and how patiently.
package struct VertexConfiguration: Sendable {
    /// Replaces the service's address, as in Google's own clients: `https://HOST/PATH`, without the API's version.
    package static let addressVariable = "GOOGLE_VERTEX_BASE_URL"

    /// Its id or number.
    package let project: String
    /// A region, `us`, `eu` or `global`.
    package let location: String
    package let address: ServiceAddress
    /// For one request about jobs.
    package var timeout: Duration = .seconds(120)
    /// For one answer of a model: nothing comes while it thinks.
    package var modelTimeout: Duration = .seconds(300)

    /// - Parameter baseURL: nil for Google's own.
    /// - Throws: `usage`.
    package init(project: String, location: String, baseURL: String? = nil) throws(Failure) {
        guard VertexName.isProject(project) else {
            throw Failure(
                .usage, "“\(printable(project))” cannot be a Google Cloud project",
                remedy: "expected its id or number")
        }
        guard VertexName.isLocation(location) else {
            throw Failure(
                .usage, "“\(printable(location))” cannot be a location of Vertex AI",
                remedy: "expected a region as us-central1, us, eu, or global")
        }
        (self.project, self.location) = (project, location)
        address = try ServiceAddress(
            baseURL ?? "https://\(VertexConfiguration.host(of: location))",
            variable: VertexConfiguration.addressVariable)
    }

    /// `projects/…/locations/…`: what jobs and models are below.
    package var parent: String { "projects/\(project)/locations/\(location)" }

    /// https://docs.cloud.google.com/gemini-enterprise-agent-platform/reference/rest#rest_endpoints
    private static func host(of location: String) -> String {
        switch location {
        case "global": "aiplatform.googleapis.com"
        case "us", "eu": "aiplatform.\(location).rep.googleapis.com"
        default: "\(location)-aiplatform.googleapis.com"
        }
    }
}
