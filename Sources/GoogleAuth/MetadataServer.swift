internal import HTTP
internal import Support

/// The service account that a machine of Google's, a Cloud Run job or a pod runs as.
struct MetadataServer: Credential {
    /// `host` or `host:port`.
    let host: String

    var summary: String { "the metadata server \(host)" }
    var remedy: String {
        "outside Google Cloud, set GOOGLE_APPLICATION_CREDENTIALS or run: gcloud auth application-default login; "
            + "inside, give the job a service account"
    }

    func owner() throws(Failure) -> TokenOwner { .answer(try request("email")) }

    func tokenRequest(at time: Milliseconds) throws(Failure) -> HTTPRequest { try request("token") }

    private func request(_ what: String) throws(Failure) -> HTTPRequest {
        let path = "/computeMetadata/v1/instance/service-accounts/default/\(what)"
        let url = "http://\(host)\(path)"
        guard HTTPURL(url)?.target == path else {
            throw Failure(
                .usage, "GCE_METADATA_HOST is not a host", remedy: "expected HOST or HOST:PORT, or to be unset")
        }
        return HTTPRequest(
            .get, url, headers: ["Metadata-Flavor": "Google"],
            timeouts: HTTPTimeouts(
                connect: .seconds(3), stall: .seconds(10), stallBytesPerSecond: 1, total: .seconds(10)),
            bypassesProxy: true)
    }

    /// Anything may answer at that address on a foreign network.
    func trusts(_ response: HTTPResponse) -> Bool { response.headers["Metadata-Flavor"] == "Google" }
}
