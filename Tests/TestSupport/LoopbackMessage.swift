package import HTTP

/// A request as a loopback server got it.
package struct LoopbackRequest: Sendable {
    package var method: String
    /// Path and query as sent.
    package var target: String
    package var headers: HTTPHeaders
    package var body: [UInt8]

    /// Without the query, still percent-encoded.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// For tests of targets that do not import HTTP.
    package func header(_ name: String) -> String? { headers[name] }

    /// Parameters of the query, decoded.
    package var query: [String: String] { parameters(target.drop { $0 != "?" }.dropFirst()) }

    /// Parameters of a form in the body, decoded.
    package var form: [String: String] { parameters(String(decoding: body, as: UTF8.self)[...]) }

    private func parameters(_ text: Substring) -> [String: String] {
        var result: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            result[percentDecoded(String(parts[0]))] = parts.count > 1 ? percentDecoded(String(parts[1])) : ""
        }
        return result
    }
}

/// What a loopback server answers, and how the connection fares.
package struct LoopbackReply: Sendable {
    package enum Fault: Sendable {
        /// The connection is reset instead.
        case reset
        /// Nothing is sent, and the connection stays open.
        case stall
        /// So many bytes of the head come, and then the end of the connection.
        case cutHead(Int)
        /// The head promises the whole body, so many bytes come, and then the end of the connection.
        case cutBody(Int)
        /// As `cutBody`, but the connection stays open.
        case stallBody(Int)
    }

    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]
    package var fault: Fault?

    package init(_ status: Int, headers: HTTPHeaders = [:], body: [UInt8] = [], fault: Fault? = nil) {
        (self.status, self.headers, self.body, self.fault) = (status, headers, body, fault)
    }

    package init(_ status: Int, headers: HTTPHeaders = [:], text: String) {
        self.init(status, headers: headers, body: Array(text.utf8))
    }

    package static func fault(_ fault: Fault) -> LoopbackReply { LoopbackReply(200, fault: fault) }

    func head(for method: String) -> [UInt8] {
        var lines = ["HTTP/1.1 \(status) Status"]
        lines += headers.fields.map { "\($0.name): \($0.value)" }
        if headers["Content-Length"] == nil { lines.append("Content-Length: \(body.count)") }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }
}

package func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
