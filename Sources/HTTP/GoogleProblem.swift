internal import Support

/// What an answer of Google's JSON APIs without success says (https://google.aip.dev/193, and the older form with `errors`). What
/// stands before them answers in plain text at times.
package struct GoogleProblem: Sendable, Equatable {
    package var status: Int
    /// A name of google.rpc.Code, as `RESOURCE_EXHAUSTED`; nil when the answer is not in that form.
    package var rpc: String?
    /// On one line, cut, without control characters and full stop; may be empty.
    package var text: String
    /// Machine-readable, as `rateLimitExceeded` or `SERVICE_DISABLED`.
    package var reasons: [String]
    /// How long to wait, where the answer says so besides the header `Retry-After`.
    package var retryDelay: Duration?

    private static let maxDetails = 20

    /// - Parameter limit: no more characters of its text are shown.
    package init(_ response: HTTPResponse, limit: Int = 200) {
        let problem = response.decodedBody(Body.self)?.error
        status = response.status
        rpc = problem?.status.map { printable($0, limit: 60) }
        let text = problem?.message ?? String(decoding: response.body.prefix(4 * limit), as: UTF8.self)
        var line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")[...]
        if line.hasSuffix(".") { line.removeLast() }
        self.text = printable(String(line), limit: limit)
        let details = (problem?.details ?? []).prefix(GoogleProblem.maxDetails)
        reasons = ((problem?.errors ?? []).prefix(GoogleProblem.maxDetails) + details).compactMap(\.reason)
        retryDelay = details.lazy.compactMap(\.delay).first
    }

    package var message: String { "HTTP status \(status)" + (text.isEmpty ? "" : ": " + text) }

    private struct Body: Decodable { var error: Problem }

    private struct Problem: Decodable {
        var message: String?
        var status: String?
        var errors: [Detail]?
        var details: [Detail]?

        private enum Key: String, CodingKey { case message, status, errors, details }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            message = try? values.decode(String.self, forKey: .message)
            status = try? values.decode(String.self, forKey: .status)
            errors = try? values.decode([Detail].self, forKey: .errors)
            details = try? values.decode([Detail].self, forKey: .details)
        }
    }

    /// One of many forms.
    private struct Detail: Decodable {
        /// Of google.rpc.ErrorInfo.
        var reason: String?
        /// Of google.rpc.RetryInfo: seconds, as `12.5s`.
        var delay: Duration?

        private enum Key: String, CodingKey { case reason, retryDelay }

        init(from decoder: any Decoder) throws {
            let values = try? decoder.container(keyedBy: Key.self)
            reason = (try? values?.decode(String.self, forKey: .reason)).map { printable($0, limit: 60) }
            let text = try? values?.decode(String.self, forKey: .retryDelay)
            guard let text, text.hasSuffix("s"), let seconds = Double(text.dropLast()), (0...86_400).contains(seconds)
            else { return }
            delay = .seconds(seconds)
        }
    }
}
