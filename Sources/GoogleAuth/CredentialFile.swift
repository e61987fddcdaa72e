import Glibc
internal import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A credential file as Google's tools write them. Errors name the file and the field, never what is in it.
enum CredentialFile {
    private static let maxBytes = 64 * 1024

    private struct Content: Decodable {
        var type: String?
        var client_email: String?
        var private_key: String?
        var private_key_id: String?
        var token_uri: String?
        var client_id: String?
        var client_secret: String?
        var refresh_token: String?
        var quota_project_id: String?
    }

    /// nil when there is no such file.
    static func load(_ path: String, endpoints: TokenEndpoints) throws(Failure) -> (any Credential)? {
        guard let bytes = try read(path) else { return nil }
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)), let type = content.type else {
            throw Failure(
                .noPermission, "\(path) is not a credential file of Google's", remedy: "expected JSON with a “type”")
        }
        let tokenURL = content.token_uri ?? "https://oauth2.googleapis.com/token"
        guard endpoints.trusts(tokenURL) else {
            throw Failure(
                .noPermission, "\(path) names a token server that is not Google's, so no secret is sent there",
                remedy: "expected “token_uri” to be https://oauth2.googleapis.com/token")
        }
        func required(_ value: String?, _ field: String) throws(Failure) -> String {
            guard let value, !value.isEmpty else {
                throw Failure(.noPermission, "\(path) has no “\(field)”, which the type \(type) needs")
            }
            return value
        }
        switch type {
        case "service_account":
            return try ServiceAccount(
                email: try required(content.client_email, "client_email"), keyID: content.private_key_id,
                key: try required(content.private_key, "private_key"), tokenURL: tokenURL)
        case "authorized_user":
            return AuthorizedUser(
                clientID: try required(content.client_id, "client_id"),
                clientSecret: try required(content.client_secret, "client_secret"),
                refreshToken: try required(content.refresh_token, "refresh_token"),
                quotaProject: content.quota_project_id, tokenURL: tokenURL)
        default:
            throw Failure(
                .noPermission, "\(path) holds credentials of the type “\(type.prefix(60))”, which is not supported",
                remedy: "use service_account or authorized_user, or the metadata server by setting none")
        }
    }

    private static func read(_ path: String) throws(Failure) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Failure(.noPermission, "cannot open \(path): \(systemMessage(errno))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= maxBytes {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Failure(.noPermission, "cannot read \(path): \(systemMessage(errno))") }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
        throw Failure(.noPermission, "\(path) is larger than any credential file: more than \(maxBytes) bytes")
    }
}
