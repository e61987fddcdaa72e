import Bytes
import HTTP
import Support
import Testing

@Suite struct HTTPHeadersTests {
    @Test func namesCompareWithoutCase() {
        var headers: HTTPHeaders = ["X-Goog-Hash": "crc32c=AAAAAA=="]
        headers.add("x-goog-hash", "md5=x")
        #expect(headers["x-GOOG-hash"] == "crc32c=AAAAAA==")
        #expect(headers.all("X-goog-HASH") == ["crc32c=AAAAAA==", "md5=x"])
        #expect(headers["X-Goog-Has"] == nil)
    }
}

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("https://storage.googleapis.com/a?b=c", "https://storage.googleapis.com", "/a?b=c"),
        ("HTTP://LocalHost:4443", "http://localhost:4443", "/"),
        ("http://[::1]:80/x", "http://[::1]:80", "/x"),
        ("https://host?q", "https://host", "/?q"),
    ])
    func parts(text: String, origin: String, target: String) throws {
        let url = try #require(HTTPURL(text))
        #expect(url.origin == origin)
        #expect(url.target == target)
    }

    @Test(arguments: [
        "", "host", "ftp://host", "http://", "http://user@host", "http://host:0", "http://host:99999", "http://host:8x",
        "http://a b", "http://[::1", "http://ho\nst", "https://googleapis.com\\@evil.example",
    ])
    func refused(text: String) { #expect(HTTPURL(text) == nil) }

    @Test func sameOriginKnowsDefaultPorts() throws {
        let plain = try #require(HTTPURL("https://host/a"))
        #expect(plain.hasSameOrigin(as: try #require(HTTPURL("https://HOST:443/b"))))
        #expect(!plain.hasSameOrigin(as: try #require(HTTPURL("http://host/a"))))
        #expect(!plain.hasSameOrigin(as: try #require(HTTPURL("https://host.evil/a"))))
    }

    @Test(arguments: [("127.0.0.1", true), ("localhost", true), ("[::1]", true), ("127.0.0.1.evil.com", false)])
    func loopback(host: String, isLoopback: Bool) throws {
        #expect(try #require(HTTPURL("http://\(host)/")).isLoopback == isLoopback)
    }

    @Test func encoding() {
        #expect(percentEncoded("raw/täg 1+2.jsonl~") == "raw%2Ft%C3%A4g%201%2B2.jsonl~")
        #expect(formEncoded([("a", "1&2"), ("b", "")]) == "a=1%262&b=")
    }

    @Test func messagesHoldNeitherQueryNorUser() {
        let request = HTTPRequest(.put, "https://user:secret@host/upload?upload_id=secret#x")
        #expect(request.summary == "PUT https://host/upload")
    }
}

@Suite struct HTTPDateTests {
    @Test func reads() {
        #expect(parseHTTPDate("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777_000)
    }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
    ])
    func refuses(text: String) { #expect(parseHTTPDate(text) == nil) }

    @Test func retryAfterInSecondsOrUntilADateByTheServersClock() {
        func wait(_ headers: HTTPHeaders) -> Duration? {
            HTTPResponse(status: 503, headers: headers, body: []).retryAfter
        }
        #expect(wait(["Retry-After": "7"]) == .seconds(7))
        #expect(
            wait(["Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:50:00 GMT"])
                == .seconds(23))
        #expect(
            wait(["Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:49:00 GMT"]) == .zero)
        #expect(wait(["Retry-After": "soon"]) == nil)
        #expect(wait([:]) == nil)
    }
}
