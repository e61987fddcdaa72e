/// What the stand-in for Vertex AI serves. The raw values are the names in scripts and counts.
enum VertexRoute: String, Sendable, CaseIterable {
    case createJob = "batch_jobs.create"
    case listJobs = "batch_jobs.list"
    case getJob = "batch_jobs.get"
    case cancelJob = "batch_jobs.cancel"
    case deleteJob = "batch_jobs.delete"
    case getOperation = "operations.get"
    case generateContent = "generate_content"

    /// `v1/projects/P/locations/L/…`; the official package prefers v1beta1.
    init?(_ call: Call) {
        let path = call.path
        guard path.count >= 6, ["v1", "v1beta1"].contains(path[0]), path[1] == "projects", path[3] == "locations" else {
            return nil
        }
        switch (call.method, path.count, path[5]) {
        case ("POST", 6, "batchPredictionJobs"): self = .createJob
        case ("GET", 6, "batchPredictionJobs"): self = .listJobs
        case ("POST", 7, "batchPredictionJobs") where path[6].hasSuffix(":cancel"): self = .cancelJob
        case ("GET", 7, "batchPredictionJobs"): self = .getJob
        case ("DELETE", 7, "batchPredictionJobs"): self = .deleteJob
        case ("GET", 7, "operations"): self = .getOperation
        case ("POST", 9, "publishers")
        where path[6] == "google" && path[7] == "models" && path[8].hasSuffix(":generateContent"):
            self = .generateContent
        default: return nil
        }
    }
}

/// `projects/P/locations/L`.
struct VertexPlace: Sendable, Equatable {
    let project: String
    let location: String

    init(_ call: Call) { (project, location) = (call.path[2], call.path[4]) }

    init(project: String, location: String) { (self.project, self.location) = (project, location) }

    /// As names in answers have it: projects by their numbers.
    var resource: String { "projects/\(number)/locations/\(location)" }

    /// The project's number: twelve digits that a project's id always gets.
    var number: String {
        if !project.isEmpty, project.allSatisfy(\.isNumber) { return project }
        return String(100_000_000_000 + fingerprint(Array(project.utf8)) % 900_000_000_000)
    }
}
