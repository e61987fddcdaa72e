internal import Bytes
package import HTTP
internal import Support

/// Calls the Claude API: one method for each thing that it does.
///
/// `send` makes one attempt, since whoever sends thousands adapts to the failures. Everything else is tried again under the
/// deadline of `retrying`.
package struct AnthropicClient: Sendable {
    let configuration: AnthropicConfiguration
    private let transport: any HTTPTransport
    private let retrying: Retrying
    private let messageTimeouts: HTTPTimeouts
    private let transferTimeouts: HTTPTimeouts

    package init(
        _ configuration: AnthropicConfiguration, transport: any HTTPTransport, retrying: Retrying = Retrying()
    ) {
        (self.configuration, self.transport, self.retrying) = (configuration, transport, retrying)
        // Nothing is sent while the model works, so a transfer without bytes has not stalled.
        messageTimeouts = HTTPTimeouts(
            stall: configuration.messageTimeout, stallBytesPerSecond: 1, total: configuration.messageTimeout)
        transferTimeouts = HTTPTimeouts(stall: .seconds(120), total: configuration.transferTimeout)
    }

    /// Asks for one message, once. What to do about an error: `CallPolicy`.
    package func send(_ message: MessageRequest) async throws(AnthropicError) -> MessageAnswer {
        var request = request(.post, "/v1/messages", body: HTTPBody(message.body))
        request.timeouts = messageTimeouts
        request.maxResponseBytes = MessageAnswer.maxBytes
        let response = try await exchange(request, content: HTTPBody(message.body, range: message.contentRange))
        guard var answer = response.decodedBody(MessageAnswer.self) else {
            throw AnthropicError(unreadable: response, "a message")
        }
        answer.requestID = response.requestID
        answer.limits = RateLimits(response.headers)
        return answer
    }

    // MARK: - For all calls

    func request(_ method: HTTPMethod, _ path: String, body: HTTPBody? = nil) -> HTTPRequest {
        HTTPRequest(
            method, configuration.address.description + path, body: body, timeouts: transferTimeouts,
            maxResponseBytes: MessageAnswer.maxBytes)
    }

    /// Attempts until there is success, an error that no further attempt changes, or the deadline.
    /// - Parameter isRepeatable: false for what must not be done twice.
    func call(_ request: HTTPRequest, isRepeatable: Bool = true) async throws(AnthropicError) -> HTTPResponse {
        var attempts = retrying.begin()
        while true {
            do throws(AnthropicError) {
                return try await exchange(request, content: request.body)
            } catch {
                guard case .retry(let wait) = CallPolicy.decision(error), isRepeatable || !error.mayHaveActed,
                    await attempts.pause(retryAfter: wait) == .over
                else { throw error }
            }
        }
    }

    /// One attempt.
    private func exchange(_ request: HTTPRequest, content: HTTPBody?) async throws(AnthropicError) -> HTTPResponse {
        var request = request
        request.headers.add("x-api-key", configuration.key.value)
        request.headers.add("anthropic-version", configuration.version)
        if request.body != nil { request.headers.add("content-type", "application/json") }
        let response: HTTPResponse
        do throws(HTTPError) { response = try await transport.send(request) } catch { throw AnthropicError(error) }
        guard response.isSuccess else {
            throw AnthropicError(response, key: configuration.key, content: content)
        }
        return response
    }
}
