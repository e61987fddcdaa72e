package import Bytes

package enum HTTPMethod: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
}

/// Header fields in the order they were added; names compare without case (RFC 9110, 5.1).
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    package init(_ pairs: [(String, String)]) {
        fields = pairs.map { Field(name: $0.0, value: $0.1) }
    }

    package mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    package mutating func add(_ other: HTTPHeaders) {
        fields += other.fields
    }

    /// The first value of a field.
    package subscript(name: String) -> String? {
        fields.first { sameName($0.name, name) }?.value
    }

    /// Every value of a field.
    package func all(_ name: String) -> [String] {
        fields.filter { sameName($0.name, name) }.map(\.value)
    }

    private func sameName(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
    }
}

/// A part of a rope as the body of a request. It is read in place, never joined.
package struct HTTPBody: Sendable {
    package let rope: ByteRope
    package let range: Range<Int>

    package init(_ rope: ByteRope) { self.init(rope, range: 0..<rope.count) }

    /// - Parameter range: clamped to the rope.
    package init(_ rope: ByteRope, range: Range<Int>) {
        self.rope = rope
        self.range = range.clamped(to: 0..<rope.count)
    }

    package init(_ text: String) { self.init(ByteRope(text.utf8)) }

    package var count: Int { range.count }
}

/// When a transfer is given up.
package struct HTTPTimeouts: Sendable, Equatable {
    package var connect: Duration
    /// No more than `stallBytesPerSecond` for so long. Whole seconds.
    package var stall: Duration
    package var stallBytesPerSecond: Int
    /// For everything from the start of the transfer to the last byte of the response.
    package var total: Duration

    package init(
        connect: Duration = .seconds(10), stall: Duration = .seconds(30), stallBytesPerSecond: Int = 1024,
        total: Duration = .seconds(300)
    ) {
        self.connect = connect
        self.stall = stall
        self.stallBytesPerSecond = stallBytesPerSecond
        self.total = total
    }
}

package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// Absolute, `http` or `https`, percent-encoded.
    package var url: String
    package var headers: HTTPHeaders
    package var body: HTTPBody?
    package var timeouts: HTTPTimeouts
    /// A longer response body is an error.
    package var maxResponseBytes: Int
    /// Goes past proxies that the environment names; requests to loopback addresses always do.
    package var bypassesProxy: Bool

    package init(
        _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = [:], body: HTTPBody? = nil,
        timeouts: HTTPTimeouts = HTTPTimeouts(), maxResponseBytes: Int = 1 << 20, bypassesProxy: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.maxResponseBytes = maxResponseBytes
        self.bypassesProxy = bypassesProxy
    }

    /// For messages: without query, fragment and user, which may hold secrets.
    package var summary: String { "\(method.rawValue) \(redacted(url: url))" }
}

package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    /// As sent: never decompressed.
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    package var isSuccess: Bool { (200..<300).contains(status) }
}

/// Performs requests. A response of any status is a result; only the lack of one is an error. Redirects are not followed.
package protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse
}

/// A URL for messages: scheme, host, port and path only.
package func redacted(url: String) -> String {
    let visible = url.prefix { $0 != "?" && $0 != "#" }
    guard let scheme = visible.range(ofText: "://") else { return String(visible) }
    let rest = visible[scheme.upperBound...]
    let authorityEnd = rest.firstIndex(of: "/") ?? rest.endIndex
    guard let at = rest[..<authorityEnd].lastIndex(of: "@") else { return String(visible) }
    return String(visible[..<scheme.upperBound]) + rest[rest.index(after: at)...]
}
