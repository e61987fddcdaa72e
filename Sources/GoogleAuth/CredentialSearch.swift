package import Support

/// Finds the credentials that Google's own libraries would ("Application Default Credentials"): an explicit path, then
/// `GOOGLE_APPLICATION_CREDENTIALS`, then gcloud's file, then the metadata server. What is named must exist: no falling through.
package struct CredentialSearch: Sendable {
    private let explicitPath: String?
    private let environment: [String: String]
    private let endpoints: TokenEndpoints

    package init(
        explicitPath: String? = nil, environment: [String: String], endpoints: TokenEndpoints = .google
    ) {
        (self.explicitPath, self.environment, self.endpoints) = (explicitPath, environment, endpoints)
    }

    /// Reads at most one small file.
    package func find() throws(Failure) -> any Credential {
        if let explicitPath { return try load(explicitPath, from: "the credentials setting") }
        if let path = value("GOOGLE_APPLICATION_CREDENTIALS") {
            return try load(path, from: "GOOGLE_APPLICATION_CREDENTIALS")
        }
        if let path = gcloudPath, let found = try CredentialFile.load(path, endpoints: endpoints) { return found }
        guard value("NO_GCE_CHECK")?.lowercased() != "true" else {
            throw Failure(
                .noPermission, "there are no Google credentials, and NO_GCE_CHECK forbids to ask the metadata server",
                remedy: "set GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login")
        }
        return MetadataServer(host: value("GCE_METADATA_HOST") ?? "metadata.google.internal")
    }

    private var gcloudPath: String? {
        let directory = value("CLOUDSDK_CONFIG") ?? value("HOME").map { $0 + "/.config/gcloud" }
        return directory.map { $0 + "/application_default_credentials.json" }
    }

    private func load(_ path: String, from setting: String) throws(Failure) -> any Credential {
        guard let found = try CredentialFile.load(path, endpoints: endpoints) else {
            throw Failure(
                .noPermission, "\(setting) names \(path), which does not exist", remedy: "correct it, or unset it")
        }
        return found
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
