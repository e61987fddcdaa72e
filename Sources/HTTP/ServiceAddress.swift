package import Support

/// Where a service is that gets a key with each request.
package struct ServiceAddress: Sendable, Equatable, CustomStringConvertible {
    /// Without a slash at its end.
    package let description: String

    /// - Parameter variable: where the text comes from, for messages.
    /// - Throws: `usage` for what is no address, or one that a key would reach in the clear.
    package init(_ text: String, variable: String) throws(Failure) {
        guard let url = HTTPURL(text), !url.target.contains("?"), !url.target.contains("#") else {
            throw Failure(
                .usage, "\(variable) is “\(printable(redacted(url: text)))”, which is not the address of a service",
                remedy: "expected https://HOST")
        }
        guard url.scheme == "https" || url.isLoopback else {
            throw Failure(
                .usage, "\(variable) is “\(printable(text))”: the key would be readable by everyone on the way",
                remedy: "use https; http is only for this machine itself")
        }
        var path = url.target
        while path.hasSuffix("/") { path.removeLast() }
        description = url.origin + path
    }
}

/// A key as it goes into a header.
/// - Parameter variable: where the text comes from, for messages.
package func serviceKey(_ text: String, variable: String) throws(Failure) -> Secret {
    let key = Secret(text)
    guard !key.value.isEmpty else {
        throw Failure(.noPermission, "\(variable) is empty", remedy: "set it to a key of the service")
    }
    guard key.value.utf8.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
        throw Failure(
            .noPermission, "\(variable) holds a space, a control or a foreign character, as no key does",
            remedy: "copy the key again")
    }
    return key
}
