internal import HTTP
package import Support

/// What to do about a call that failed.
package enum CallDecision: Sendable, Equatable {
    /// It may succeed later; the API may have said when.
    case retry(after: Duration?)
    /// It may succeed later, but the API asks not to try again now. It is no fault of the record.
    case later
    /// The call would fail again; others need not.
    case thisRecordOnly(Rejection)
    /// Every call would fail.
    case stop(Failure)
}

/// Why one record cannot be answered for.
package struct Rejection: Sendable, Equatable {
    /// The API said that it is this record's content. Otherwise the reason is not known, and may be the whole run's: when many
    /// different records in a row are rejected so, the run should stop with `failure`.
    package var isCertain: Bool
    package var failure: Failure

    init(_ error: AnthropicError, isCertain: Bool) {
        self.isCertain = isCertain
        failure = Failure(
            .failure, error.description,
            remedy: isCertain
                ? "if every record is refused so, what all requests have in common is too much: use fewer or shorter tags, "
                    + "a shorter prompt, or another model"
                : "if every record is refused so, try another model or prompt, or ask Anthropic")
    }
}

/// What each error means for the run. Pure: no state, no clock; how often to try again is the caller's to decide.
package enum CallPolicy {
    package static func decision(_ error: AnthropicError) -> CallDecision {
        switch error.kind {
        case .status(let status): decision(error, status: status)
        case .unreadable: .retry(after: nil)
        case .unanswered(let kind): unanswered(error, kind)
        case .refused: .stop(Failure(.protocolError, error.description))
        }
    }

    private static func decision(_ error: AnthropicError, status: Int) -> CallDecision {
        switch error.shouldRetry {
        case true: return .retry(after: error.retryAfter)
        case false where isTransient(status): return .later
        case false, nil: break
        }
        if isTransient(status) { return .retry(after: error.retryAfter) }
        switch status {
        case 400: return badRequest(error)
        case 401:
            return stop(.noPermission, error, remedyOfKey)
        case 402: return stop(.noPermission, error, remedyOfSpending)
        case 403:
            return stop(
                .noPermission, error,
                "give the key of \(AnthropicConfiguration.keyVariable) access to the model and its workspace")
        case 404: return notFound(error)
        case 413: return .thisRecordOnly(Rejection(error, isCertain: true))
        case 300..<400:
            return stop(.usage, error, "check \(AnthropicConfiguration.addressVariable): redirects are not followed")
        default: return .thisRecordOnly(Rejection(error, isCertain: false))
        }
    }

    private static func isTransient(_ status: Int) -> Bool { [408, 409, 429].contains(status) || status >= 500 }

    private static func notFound(_ error: AnthropicError) -> CallDecision {
        guard error.type != nil else {
            return stop(
                .usage, error, "check \(AnthropicConfiguration.addressVariable): there is no Claude API at this address"
            )
        }
        return stop(.usage, error, remedyOfModel)
    }

    // MARK: - Status 400, which is many things

    /// The API gives all of them one type, so the words decide. What it says of `messages` comes first: it may repeat words of
    /// the record, which must not stop a run.
    private static func badRequest(_ error: AnthropicError) -> CallDecision {
        guard error.type != nil else {  // somebody before the API, whose words mean nothing
            return .thisRecordOnly(Rejection(error, isCertain: false))
        }
        let text = error.message.lowercased()
        if isAboutContent(text) { return .thisRecordOnly(Rejection(error, isCertain: true)) }
        if says(text, ["credit balance", "spend limit", "spending limit", "usage limit", "billing"]) {
            return stop(.noPermission, error, remedyOfSpending)
        }
        if says(text, ["organization has been disabled"]) { return stop(.noPermission, error, remedyOfKey) }
        if says(text, ["grammar", "schema", "output_config", "output_format"]) {
            return stop(
                .usage, error, "fewer or shorter tags make the schema of the answer simpler; or choose another model")
        }
        if text.hasPrefix("model:") || says(text, ["unknown model", "invalid model", "model is retired"]) {
            return stop(.usage, error, remedyOfModel)
        }
        if isAboutParameter(text) {
            return stop(.usage, error, "the model does not take this setting: choose another model, effort or thinking")
        }
        return .thisRecordOnly(Rejection(error, isCertain: false))
    }

    private static func isAboutContent(_ text: String) -> Bool {
        text.hasPrefix("messages") || text.hasPrefix("prompt is too long")
            || says(
                text, ["input is too long", "exceed context limit", "exceeds the context", "content filtering policy"])
    }

    private static func isAboutParameter(_ text: String) -> Bool {
        let parameters = [
            "max_tokens", "system", "thinking", "effort", "temperature", "top_p", "top_k", "tools", "tool_choice",
            "cache_control", "service_tier", "metadata", "stop_sequences",
        ]
        let start = text.drop { $0 == "`" }
        return parameters.contains { start.hasPrefix($0) }
            || says(
                text,
                [
                    "not supported", "does not support", "unsupported", "not permitted", "anthropic-beta",
                    "anthropic-version",
                ])
    }

    private static func says(_ text: String, _ phrases: [String]) -> Bool { phrases.contains { text.contains($0) } }

    // MARK: - No answer

    private static func unanswered(_ error: AnthropicError, _ kind: HTTPError.Kind) -> CallDecision {
        switch kind {
        case .resolve, .connect, .stall, .timeout, .reset, .truncated, .queueFull, .protocolViolation, .other:
            .retry(after: nil)
        case .tooLarge: .thisRecordOnly(Rejection(error, isCertain: false))
        case .tls:
            stop(.unavailable, error, "if a proxy here signs certificates itself, name its authority in SSL_CERT_FILE")
        case .invalidRequest: stop(.usage, error, "check \(AnthropicConfiguration.addressVariable)")
        case .cancelled: .stop(Failure(.notDrained, "stopped before the Claude API answered"))
        }
    }

    private static func stop(_ status: ExitStatus, _ error: AnthropicError, _ remedy: String) -> CallDecision {
        .stop(Failure(status, error.description, remedy: remedy))
    }

    private static let remedyOfKey =
        "check \(AnthropicConfiguration.keyVariable): the key may be cut, revoked, or of another service or organization"
    private static let remedyOfModel =
        "choose a model that exists: the name may be misspelt, the model retired, or not open to this key"
    private static let remedyOfSpending =
        "add credit or raise the spend limit in the Claude Console, then run again: it goes on where it stopped"
}

extension AnthropicError {
    /// For callers that can do nothing but give up.
    package var failure: Failure {
        switch CallPolicy.decision(self) {
        case .stop(let failure): failure
        case .thisRecordOnly(let rejection): rejection.failure
        case .retry, .later: Failure(.unavailable, description, remedy: "running again continues where this stopped")
        }
    }
}
