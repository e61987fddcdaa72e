internal import HTTP

/// Where secrets may be sent for a token. A key file names its own token server: one that someone tampered with would have
/// us sign for another.
package struct TokenEndpoints: Sendable {
    private let isTrusted: @Sendable (HTTPURL) -> Bool

    /// Google's, by HTTPS.
    package static let google = TokenEndpoints { url in
        url.scheme == "https" && (url.port ?? 443) == 443
            && (url.host == "googleapis.com" || url.host.hasSuffix(".googleapis.com"))
    }

    /// For tests.
    package static func only(_ origin: String) -> TokenEndpoints {
        TokenEndpoints { $0.origin == origin }
    }

    func trusts(_ url: String) -> Bool { HTTPURL(url).map(isTrusted) ?? false }
}
