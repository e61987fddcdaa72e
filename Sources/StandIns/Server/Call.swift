import Foundation

/// One HTTP request to a stand-in, without HTTP: what the routes decide on.
struct Call: Sendable {
    var method: String
    /// The path below the service's prefix, percent-decoded: `["v1", "messages"]`.
    var path: [String]
    var query: [(name: String, value: String)]
    /// By lower-case name.
    var headers: [String: String]
    var body: [UInt8]
    /// Of the service, for URLs in answers: `http://127.0.0.1:1234/anthropic`.
    var base: String

    init(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: [String: String] = [:], body: [UInt8] = [], base: String = ""
    ) {
        self.method = method
        self.path = path.split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
        self.query = query
        self.headers = headers
        self.body = body
        self.base = base
    }

    /// The parameters of a URL's query, decoded as forms are: `+` is a space.
    static func query(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                let text = $0.replacing("+", with: " ")
                return text.removingPercentEncoding ?? String(text)
            }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    /// The values of a query parameter, in order.
    func values(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

    /// The key of `Authorization: Bearer …`, if there is one.
    var bearer: String? {
        guard let value = headers["authorization"], value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(value.dropFirst("bearer ".count))
    }
}

/// One HTTP response of a stand-in, and what a script does to it on the way.
struct Answer: Sendable, Equatable {
    enum Damage: Sendable, Equatable {
        /// The connection ends after so many bytes of the body.
        case cut(after: Int)
        /// The connection is reset before a byte of the answer.
        case reset
    }

    var status: Int
    var headers: [String: String]
    var body: [UInt8]
    var damage: Damage?

    init(status: Int = 200, headers: [String: String] = [:], body: [UInt8] = [], type: String) {
        self.status = status
        self.headers = headers.merging(["content-type": type]) { given, _ in given }
        self.body = body
    }

    init(status: Int = 200, headers: [String: String] = [:], json: JSONValue) {
        self.init(status: status, headers: headers, body: json.bytes, type: "application/json")
    }

    static func text(_ status: Int, _ text: String) -> Answer {
        Answer(status: status, body: Array(text.utf8), type: "text/plain; charset=utf-8")
    }
}
