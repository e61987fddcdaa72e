import CryptoExtras
import Foundation
import HTTP
import Support
import Testing

@testable import GoogleAuth

@Suite final class CredentialSearchTests {
    private let directory: String

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("auth-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: directory + "/home/.config/gcloud", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func write(_ name: String, _ json: [String: String]) throws -> String {
        let path = directory + "/" + name
        try JSONSerialization.data(withJSONObject: json).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static func user(_ secret: String) -> [String: String] {
        ["type": "authorized_user", "client_id": "id", "client_secret": secret, "refresh_token": "refresh"]
    }

    private func find(_ environment: [String: String], explicitPath: String? = nil) throws(Failure) -> any Credential {
        try CredentialSearch(explicitPath: explicitPath, environment: environment).find()
    }

    private func secret(_ credential: any Credential) throws -> String {
        try #require(credential as? AuthorizedUser).clientSecret
    }

    @Test func theOrderOfPlaces() throws {
        let explicit = try write("explicit.json", Self.user("explicit"))
        let named = try write("named.json", Self.user("named"))
        _ = try write("home/.config/gcloud/application_default_credentials.json", Self.user("gcloud"))
        _ = try write("application_default_credentials.json", Self.user("configured"))
        var environment = [
            "GOOGLE_APPLICATION_CREDENTIALS": named, "CLOUDSDK_CONFIG": directory, "HOME": directory + "/home",
            "GCE_METADATA_HOST": "meta:80",
        ]
        #expect(try secret(find(environment, explicitPath: explicit)) == "explicit")
        #expect(try secret(find(environment)) == "named")
        environment["GOOGLE_APPLICATION_CREDENTIALS"] = ""
        #expect(try secret(find(environment)) == "configured")
        environment["CLOUDSDK_CONFIG"] = nil
        #expect(try secret(find(environment)) == "gcloud")
        environment["HOME"] = directory
        #expect(try #require(try find(environment) as? MetadataServer).host == "meta:80")
        environment["GCE_METADATA_HOST"] = nil
        #expect(try #require(try find(environment) as? MetadataServer).host == "metadata.google.internal")
        environment["NO_GCE_CHECK"] = "true"
        #expect(throws: Failure.self) { try find(environment) }
    }

    @Test func whatIsNamedMustExist() throws {
        let failure = try #require(throws: Failure.self) {
            try find(["GOOGLE_APPLICATION_CREDENTIALS": "/does/not/exist.json"])
        }
        #expect(failure.status == .noPermission)
        #expect(failure.message.contains("/does/not/exist.json"))
        #expect(throws: Failure.self) { try find([:], explicitPath: "/does/not/exist.json") }
    }

    @Test(arguments: ["external_account", "impersonated_service_account", "gdch_service_account", "🤷"])
    func otherTypesAreNamed(type: String) throws {
        let path = try write("other.json", ["type": type, "private_key": "SECRET"])
        let failure = try #require(throws: Failure.self) { try find([:], explicitPath: path) }
        #expect(failure.message.contains(type))
        #expect(failure.message.contains(path))
        #expect(!failure.description.contains("SECRET"))
    }

    @Test(arguments: ["client_id", "client_secret", "refresh_token"])
    func missingFieldsAreNamed(field: String) throws {
        var json = Self.user("SECRET")
        json[field] = nil
        let path = try write("broken.json", json)
        let failure = try #require(throws: Failure.self) { try find([:], explicitPath: path) }
        #expect(failure.message.contains(field))
        #expect(!failure.description.contains("SECRET"))
    }

    @Test func aKeyThatIsNone() throws {
        let path = try write(
            "key.json", ["type": "service_account", "client_email": "a@b", "private_key": "-----BEGIN SECRET"])
        let failure = try #require(throws: Failure.self) { try find([:], explicitPath: path) }
        #expect(failure.message.contains("a@b"))
        #expect(!failure.description.contains("SECRET"))
    }

    @Test(arguments: [
        "http://oauth2.googleapis.com/token", "https://evil.example/token", "https://googleapis.com.evil/",
    ])
    func secretsGoToGoogleOnly(url: String) throws {
        var json = Self.user("SECRET")
        json["token_uri"] = url
        let path = try write("evil.json", json)
        let failure = try #require(throws: Failure.self) { try find([:], explicitPath: path) }
        #expect(failure.message.contains("token server"))
    }

    @Test func filesThatAreNoCredentials() throws {
        let path = directory + "/file"
        for content in ["", "{}", "[1]", "not JSON SECRET", String(repeating: " ", count: 70_000) + "{}"] {
            try content.write(toFile: path, atomically: true, encoding: .utf8)
            let failure = try #require(throws: Failure.self) { try find([:], explicitPath: path) }
            #expect(failure.message.contains(path))
            #expect(!failure.description.contains("SECRET"))
        }
    }
}

@Suite struct ServiceAccountTests {
    @Test func theAssertionIsSignedByTheKey() throws {
        let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let account = try ServiceAccount(
            email: "sa@project.iam", keyID: "kid-1", key: key.pkcs8PEMRepresentation,
            tokenURL: "https://oauth2.googleapis.com/token")
        let parts = try account.assertion(at: 1_767_225_600_999).split(separator: ".").map(String.init)
        #expect(parts.count == 3)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: try decoded(parts[2]))
        #expect(
            key.publicKey.isValidSignature(
                signature, for: Data("\(parts[0]).\(parts[1])".utf8), padding: .insecurePKCS1v1_5))
        let header = try #require(try JSONSerialization.jsonObject(with: decoded(parts[0])) as? [String: String])
        #expect(header == ["alg": "RS256", "typ": "JWT", "kid": "kid-1"])
        let claims = try #require(try JSONSerialization.jsonObject(with: decoded(parts[1])) as? [String: Any])
        #expect(claims["iss"] as? String == "sa@project.iam")
        #expect(claims["scope"] as? String == "https://www.googleapis.com/auth/cloud-platform")
        #expect(claims["aud"] as? String == "https://oauth2.googleapis.com/token")
        #expect(claims["iat"] as? Int == 1_767_225_600)
        #expect(claims["exp"] as? Int == 1_767_229_200)
    }

    private func decoded(_ text: String) throws -> Data {
        #expect(!text.contains("="))
        var plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while plain.count % 4 != 0 { plain += "=" }
        return try #require(Data(base64Encoded: plain))
    }
}
