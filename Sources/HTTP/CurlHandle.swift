internal import CLibcurl
internal import Support

/// One running transfer and the memory that libcurl holds for it. Stays on the curl thread; must leave the multi handle before
/// its last reference goes.
final class CurlHandle {
    let transfer: CurlTransfer
    let easy: UnsafeMutableRawPointer
    private let timeouts: HTTPTimeouts
    private let errorText: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var reader: BodyReader?
    private var headers = HTTPHeaders()
    private var headerBytes = 0
    /// The empty line that ends them has come.
    private var areHeadersComplete = false
    private var body: [UInt8] = []
    private var isTooLarge = false

    private static let maxHeaderBytes = 256 * 1024

    init(_ transfer: CurlTransfer, configuration: CurlTransport.Configuration) throws(HTTPError) {
        guard let easy = curl_easy_init() else {
            throw HTTPError(.other, request: transfer.request.summary, detail: "curl_easy_init")
        }
        self.transfer = transfer
        self.easy = easy
        timeouts = transfer.request.timeouts
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        reader = transfer.request.body.map(BodyReader.init)
        // If one of these throws, deinit frees what there is.
        try setUp(configuration)
        try setBody()
        try setHeaders()
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// What a finished transfer came to.
    func outcome(_ code: CURLcode) -> CurlTransfer.Outcome {
        guard code != CURLE_OK else {
            // libcurl takes a connection that is closed among the headers for the end of a response.
            guard areHeadersComplete else {
                return .failure(
                    HTTPError(.truncated, request: transfer.request.summary, detail: "closed among the headers"))
            }
            var status = 0
            shim_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            return .success(HTTPResponse(status: status, headers: headers, body: body))
        }
        let text = String(cString: errorText)
        let detail = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        return .failure(HTTPError(kind(of: code), request: transfer.request.summary, detail: detail))
    }

    // MARK: - Options

    private func setUp(_ configuration: CurlTransport.Configuration) throws(HTTPError) {
        let request = transfer.request
        guard let url = HTTPURL(request.url) else {
            throw HTTPError(.invalidRequest, request: request.summary, detail: "not an absolute http or https URL")
        }
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let authorities = configuration.authoritiesPath { try set(CURLOPT_CAINFO, authorities) }
        if request.bypassesProxy || url.isLoopback { try set(CURLOPT_PROXY, "") }
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_BUFFERSIZE, 128 * 1024)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 256 * 1024)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(timeouts.connect.milliseconds))
        try set(CURLOPT_TIMEOUT_MS, Int(timeouts.total.milliseconds))
        try set(CURLOPT_LOW_SPEED_TIME, Int(max(1, timeouts.stall.components.seconds)))
        try set(CURLOPT_LOW_SPEED_LIMIT, timeouts.stallBytesPerSecond)
        try check(shim_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))

        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(shim_set_pointer(easy, CURLOPT_WRITEDATA, context))
        try check(shim_set_bytes_callback(easy, CURLOPT_WRITEFUNCTION, takeBody))
        try check(shim_set_pointer(easy, CURLOPT_HEADERDATA, context))
        try check(shim_set_bytes_callback(easy, CURLOPT_HEADERFUNCTION, takeHeader))
        try check(shim_set_pointer(easy, CURLOPT_READDATA, context))
        try check(shim_set_bytes_callback(easy, CURLOPT_READFUNCTION, giveBody))
        try check(shim_set_seek_callback(easy, refuseRewind))
    }

    private func setBody() throws(HTTPError) {
        let count = transfer.request.body?.count ?? 0
        switch transfer.request.method {
        case .get: try set(CURLOPT_HTTPGET, 1)
        case .post:
            try set(CURLOPT_POST, 1)
            try check(shim_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, count))
        case .put:
            try set(CURLOPT_UPLOAD, 1)
            try check(shim_set_offset(easy, CURLOPT_INFILESIZE_LARGE, count))
        }
    }

    private func setHeaders() throws(HTTPError) {
        let request = transfer.request
        var lines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        // Without these libcurl waits a second for "100 Continue", and names a content type of its own.
        lines.append("Expect:")
        if request.headers["Content-Type"] == nil { lines.append("Content-Type:") }
        for line in lines {
            guard line.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
                throw HTTPError(.invalidRequest, request: request.summary, detail: "a header holds a control character")
            }
            guard let longer = curl_slist_append(headerList, line) else {
                throw HTTPError(.other, request: request.summary, detail: "curl_slist_append")
            }
            headerList = longer
        }
        try check(shim_set_list(easy, CURLOPT_HTTPHEADER, headerList))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try check(shim_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
        try check(shim_set_string(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(HTTPError) {
        guard code == CURLE_OK else {
            throw HTTPError(
                .invalidRequest, request: transfer.request.summary, detail: String(cString: curl_easy_strerror(code)))
        }
    }

    // MARK: - Called by libcurl

    fileprivate func take(header line: UnsafeRawBufferPointer) -> Bool {
        headerBytes += line.count
        guard headerBytes <= CurlHandle.maxHeaderBytes else {
            isTooLarge = true
            return false
        }
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {  // a final response after an interim one begins anew
            headers = HTTPHeaders()
            areHeadersComplete = false
        } else if text.allSatisfy(\.isNewline) {
            areHeadersComplete = true
        } else if let colon = text.firstIndex(of: ":") {
            headers.add(String(text[..<colon]), trimmed(text[text.index(after: colon)...]))
        }
        return true
    }

    fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= transfer.request.maxResponseBytes else {
            isTooLarge = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    fileprivate func give(_ target: UnsafeMutableRawBufferPointer) -> Int { reader?.read(into: target) ?? 0 }

    private func kind(of code: CURLcode) -> HTTPError.Kind {
        if isTooLarge { return .tooLarge }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .resolve
        case CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_PROXY: return .connect
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR: return .tls
        case CURLE_OPERATION_TIMEDOUT: return kindOfTimeout()
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND: return .reset
        case CURLE_PARTIAL_FILE: return .truncated
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: return .invalidRequest
        case CURLE_WEIRD_SERVER_REPLY: return .protocolViolation
        default: return .other
        }
    }

    private func kindOfTimeout() -> HTTPError.Kind {
        var connected = 0
        var total = 0
        shim_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &connected)
        shim_get_offset(easy, CURLINFO_TOTAL_TIME_T, &total)
        if connected == 0 { return .connect }
        return total / 1000 >= Int(timeouts.total.milliseconds) ? .timeout : .stall
    }
}

private func handle(_ context: UnsafeMutableRawPointer?) -> CurlHandle? {
    context.map { Unmanaged<CurlHandle>.fromOpaque($0).takeUnretainedValue() }
}

private func takeHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return handle(context)?.take(header: line) == true ? line.count : 0
}

private func takeBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return handle(context)?.take(body: piece) == true ? piece.count : 0
}

private func giveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    handle(context)?.give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

/// libcurl would send a body again by itself when a kept connection breaks before the answer. The server may have acted on the
/// first one, so whoever sends must know: without a rewind the transfer fails (CURLE_SEND_FAIL_REWIND).
private func refuseRewind(_ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    CURL_SEEKFUNC_FAIL
}

private func trimmed(_ text: Substring) -> String {
    func isSpace(_ character: Character) -> Bool { character.isWhitespace }
    guard let first = text.firstIndex(where: { !isSpace($0) }),
        let last = text.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return String(text[first...last])
}
