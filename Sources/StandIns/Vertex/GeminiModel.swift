/// The models that publishers/google has.
struct GeminiModel: Sendable, Equatable {
    let id: String

    static let all = [
        "gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.5-pro", "gemini-3.1-flash-lite", "gemini-3.5-flash",
        "gemini-3.5-flash-lite", "gemini-3.6-flash", "gemini-3.7-flash", "gemini-3.8-flash",
    ].map(GeminiModel.init)

    private init(id: String) { self.id = id }

    /// - Parameters:
    ///   - id: `gemini-3.5-flash`.
    ///   - retired: ids of models that were there and are not any more: they are not found either.
    init(_ id: String, at place: VertexPlace, retired: Set<String>) throws(VertexFault) {
        guard let model = GeminiModel.all.first(where: { $0.id == id }), !retired.contains(id) else {
            throw .notFound(
                "Publisher Model `projects/\(place.project)/locations/\(place.location)/publishers/google/models/\(id)` "
                    + "was not found or your project does not have access to it. Please ensure you are using a valid "
                    + "model version.")
        }
        self = model
    }

    /// - Parameter resource: `publishers/google/models/M`, or that below a project and its location.
    init(resource: String, at place: VertexPlace, retired: Set<String>) throws(VertexFault) {
        var parts = resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 8, parts[0] == "projects", parts[2] == "locations" {
            guard parts[3] == place.location else {
                throw .invalid("The model must be in the location of the job: \(place.location)")
            }
            parts.removeFirst(4)
        }
        guard parts.count == 4, parts.prefix(3) == ["publishers", "google", "models"], !parts[3].isEmpty else {
            throw .invalid("Invalid model name: \(resource). The stand-in serves publishers/google/models/MODEL.")
        }
        try self.init(parts[3], at: place, retired: retired)
    }

    /// As jobs say it.
    var resource: String { "publishers/google/models/\(id)" }
}
