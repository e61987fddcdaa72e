package import HTTP
package import Support

/// Why a call brought no usable answer. Holds nothing of what was sent but names.
package struct VertexError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The API, or something before it, answered with this status. `rpc`: the API's own name for it (google.rpc.Code), as
        /// `NOT_FOUND`; nil when something else answered.
        case status(Int, rpc: String?)
        /// The status says success, and the body is not what it should be.
        case unreadable
        case unanswered(HTTPError.Kind)
        /// Nothing was sent: there are no credentials, or what was asked for makes no sense.
        case unsent(Failure)
    }

    package var kind: Kind
    /// Cut, and without control characters.
    package var message: String
    /// As `SERVICE_DISABLED` (google.rpc.ErrorInfo).
    package var reasons: [String] = []
    /// How long the API asks to wait.
    package var retryAfter: Duration?

    package init(_ kind: Kind, message: String) { (self.kind, self.message) = (kind, message) }

    package var description: String {
        guard case .status(let status, let rpc) = kind else { return "Vertex AI: \(message)" }
        return "Vertex AI: HTTP status \(status): " + (rpc.map { "\($0): " } ?? "") + message
    }

    /// The same call may succeed later. With the statuses that Google's own clients try again.
    package var isTransient: Bool {
        switch kind {
        case .status(let status, _): [408, 429, 500, 502, 503, 504].contains(status)
        case .unanswered(let kind): HTTPError(kind, request: "").isTransient
        case .unreadable, .unsent: false
        }
    }

    /// The API itself says that the job or the model does not exist (any more). Not any 404: a proxy's is another matter.
    package var isNotFound: Bool { kind == .status(404, rpc: "NOT_FOUND") }

    /// Whether the API may have done what it was asked for: then a second request may do it twice.
    package var mayHaveActed: Bool {
        switch kind {
        case .status(let status, _): status >= 500 || status == 408
        case .unreadable: true
        case .unanswered(let kind):
            switch kind {
            case .invalidRequest, .resolve, .connect, .tls, .queueFull: false
            case .stall, .timeout, .reset, .truncated, .tooLarge, .cancelled, .protocolViolation, .other: true
            }
        case .unsent: false
        }
    }

    /// For callers that can do nothing but give up.
    package var failure: Failure {
        switch kind {
        case .unsent(let failure): failure
        case .status(let status, let rpc): failure(status, rpc)
        case .unreadable, .unanswered(.tooLarge): Failure(.protocolError, description)
        case .unanswered(.cancelled): Failure(.notDrained, "stopped before Vertex AI answered")
        case .unanswered(.tls):
            Failure(
                .unavailable, description,
                remedy: "if a proxy here signs certificates itself, name its authority in SSL_CERT_FILE")
        case .unanswered: Failure(.unavailable, description, remedy: VertexError.again)
        }
    }

    private static let again = "running again continues where this stopped"

    private func failure(_ status: Int, _ rpc: String?) -> Failure {
        switch status {
        case 400 where rpc == "INVALID_ARGUMENT":
            Failure(.failure, description, remedy: "not every model takes every setting, or runs in every location")
        case 400: Failure(.failure, description)
        case 401:
            Failure(.noPermission, description, remedy: "check which credentials are used, and the machine's clock")
        case 403 where reasons.contains("SERVICE_DISABLED"):
            Failure(.noPermission, description, remedy: "enable aiplatform.googleapis.com in the project")
        case 403:
            Failure(
                .noPermission, description,
                remedy: "grant roles/aiplatform.user in the project to the account that runs this")
        case 404 where isNotFound:
            Failure(
                .noInput, description,
                remedy: "check the model and the location: a model may be retired, or not offered there")
        case 300..<400, 404:
            Failure(.usage, description, remedy: "check \(VertexConfiguration.addressVariable) and the location")
        case 429:
            Failure(.unavailable, description, remedy: "the quota is used up: run again later, or ask for more")
        default: Failure(.unavailable, description, remedy: VertexError.again)
        }
    }
}

extension VertexError {
    private static let maxShown = 400

    /// An answer that is not success.
    init(_ response: HTTPResponse) {
        let problem = GoogleProblem(response, limit: VertexError.maxShown)
        self.init(
            .status(response.status, rpc: problem.rpc), message: problem.text.isEmpty ? "no explanation" : problem.text)
        reasons = problem.reasons
        retryAfter = response.retryAfter ?? problem.retryDelay
    }

    init(unreadable response: HTTPResponse, _ what: String) {
        self.init(.unreadable, message: "the answer is not \(what) (\(response.body.count) bytes)")
    }

    init(_ error: AuthorizedError) {
        switch error {
        case .noCredentials(let failure): self.init(.unsent(failure), message: failure.description)
        case .unanswered(let error): self.init(.unanswered(error.kind), message: error.description)
        }
    }

    init(unsent message: String) {
        self.init(.unsent(Failure(.usage, message)), message: message)
    }
}
