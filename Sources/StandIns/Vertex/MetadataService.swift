/// The metadata server of a machine of Google's, of which `GCE_METADATA_HOST` is the address. Its tokens are good for the
/// stand-in for Vertex AI.
enum MetadataService {
    /// The name in scripts and counts.
    static let route = "metadata"

    private static let root = ["computeMetadata", "v1"]
    private static let project = VertexPlace(project: "devcloud", location: "us-central1")
    private static let email = "devcloud@devcloud.iam.gserviceaccount.com"
    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    /// Whether a call is for it; the root itself is what libraries look for to know that it is there.
    static func serves(_ call: Call) -> Bool { call.path.isEmpty || call.path.first == root[0] }

    static func token(_ settings: StandInSettings) -> String { "ya29.\(settings.key)" }

    static func answer(_ call: Call, _ settings: StandInSettings) -> Answer {
        guard call.headers["metadata-flavor"] == "Google" else {
            return .text(403, "Missing Metadata-Flavor:Google header.")
        }
        return signed(content(call, settings) ?? .text(404, "Not Found"))
    }

    /// With what all its answers have, those of an error, too.
    static func signed(_ answer: Answer) -> Answer {
        var answer = answer
        answer.headers["metadata-flavor"] = "Google"
        answer.headers["server"] = "Metadata Server for VM"
        return answer
    }

    private static func content(_ call: Call, _ settings: StandInSettings) -> Answer? {
        if call.path.isEmpty { return .text(200, "computeMetadata/\n") }
        guard call.method == "GET", call.path.starts(with: root) else { return nil }
        switch call.path.dropFirst(root.count).joined(separator: "/") {
        case "instance/service-accounts/default/token":
            return Answer(json: [
                "access_token": .string(token(settings)), "token_type": "Bearer",
                "expires_in": .integer(Int(settings.tokenLifetime.components.seconds)),
            ])
        case "instance/service-accounts/default/email": return .text(200, email)
        case "instance/service-accounts/default/scopes": return .text(200, scope + "\n")
        case "instance/service-accounts/default" where call.values("recursive") == ["true"]:
            return Answer(json: ["aliases": ["default"], "email": .string(email), "scopes": [.string(scope)]])
        case "instance/region": return .text(200, "projects/\(project.number)/regions/\(project.location)")
        case "project/project-id": return .text(200, project.project)
        case "project/numeric-project-id": return .text(200, project.number)
        case "universe/universe-domain": return .text(200, "googleapis.com")
        default: return nil
        }
    }
}
