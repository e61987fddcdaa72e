internal import GoogleAuth
internal import HTTP
package import ObjectStore
package import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where objects are kept, and how to get there.
package struct StoreConfiguration: Sendable {
    /// `gs://bucket/prefix` or `file:///directory`.
    package var url: String
    /// `STORAGE_EMULATOR_HOST`: a stand-in for Cloud Storage, used without credentials.
    package var emulatorHost: String?
    /// Added to every request to Cloud Storage.
    package var headers: [(String, String)]
    /// A credential file that goes before those which are searched for.
    package var credentialsPath: String?
    /// The process's: for credentials, and `SSL_CERT_FILE`.
    package var environment: [String: String]
    /// Calls performed at once.
    package var maxConcurrent: Int

    package init(
        url: String, emulatorHost: String? = nil, headers: [(String, String)] = [], credentialsPath: String? = nil,
        environment: [String: String], maxConcurrent: Int = 16
    ) {
        self.url = url
        self.emulatorHost = emulatorHost
        self.headers = headers
        self.credentialsPath = credentialsPath
        self.environment = environment
        self.maxConcurrent = maxConcurrent
    }
}

package enum StoreFactory {
    /// Makes the store that a URL names. Nothing is sent yet; credentials are looked for, and refused if they cannot work.
    package static func make(_ configuration: StoreConfiguration) throws(Failure) -> any ObjectStore {
        if configuration.url.hasPrefix("gs://") { return try cloudStore(configuration) }
        if configuration.url.hasPrefix("file://") {
            return try FileStore(path: try directory(configuration.url), maxConcurrent: configuration.maxConcurrent)
        }
        throw Failure(
            .usage, "“\(configuration.url.prefix(200))” is not a place to store objects",
            remedy: "expected gs://BUCKET/PREFIX or file:///DIRECTORY")
    }

    private static func cloudStore(_ configuration: StoreConfiguration) throws(Failure) -> any ObjectStore {
        let place = try GCSLocation(configuration.url)
        let authorities = configuration.environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        let transport = try CurlTransport(
            CurlTransport.Configuration(maxConcurrent: configuration.maxConcurrent, authoritiesPath: authorities))
        var options = GCSStore.Options(headers: HTTPHeaders(configuration.headers))
        if let host = configuration.emulatorHost, !host.isEmpty {
            options.endpoint = try GCSEndpoint(emulatorHost: host)
            return GCSStore(place, transport: transport, authorizer: nil, options: options)
        }
        let search = CredentialSearch(
            explicitPath: configuration.credentialsPath, environment: configuration.environment)
        let tokens = TokenSource(try search.find(), transport: transport)
        return GCSStore(place, transport: transport, authorizer: tokens, options: options)
    }

    private static func directory(_ url: String) throws(Failure) -> String {
        let path = url.hasPrefix("file:///") ? URL(string: url)?.path(percentEncoded: false) ?? "" : ""
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !path.utf8.contains(0) else {
            throw Failure(
                .usage, "“\(url.prefix(200))” is not a directory's URL",
                remedy: "expected file:///DIRECTORY, an absolute path")
        }
        return "/" + parts.joined(separator: "/")
    }
}
