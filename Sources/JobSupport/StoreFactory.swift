internal import GoogleAuth
internal import HTTP
package import ObjectStorage
package import Support

/// Makes the store that the settings name.
package enum StoreFactory {
    /// Nothing is sent yet; credentials are looked for, and refused if they cannot work.
    /// - Parameter environment: the process's: for credentials, and `SSL_CERT_FILE`.
    package static func make(_ configuration: StorageConfiguration, environment: [String: String]) throws(Failure)
        -> any ObjectStore
    {
        switch configuration.location {
        case .directory(let path): try FileStore(path: path, maxConcurrent: configuration.concurrency)
        case .bucket(let place): try cloudStore(place, configuration, environment)
        }
    }

    private static func cloudStore(
        _ place: GCSLocation, _ configuration: StorageConfiguration, _ environment: [String: String]
    ) throws(Failure) -> any ObjectStore {
        let transport = try CurlTransport(.init(maxConcurrent: configuration.concurrency, environment: environment))
        let policy = RetryPolicy(deadline: configuration.retryDeadline)
        var options = GCSStore.Options(
            namedBy: configuration.namedBy,
            headers: HTTPHeaders(configuration.headers.map { ($0.name, $0.value) }), retrying: Retrying(policy: policy))
        if let emulator = configuration.emulator {
            options.endpoint = emulator
            return GCSStore(place, transport: transport, authorizer: nil, options: options)
        }
        let search = CredentialSearch(explicitPath: configuration.credentialsPath, environment: environment)
        let tokens = TokenSource(try search.find(), transport: transport)
        return GCSStore(place, transport: transport, authorizer: tokens, options: options)
    }
}
