internal import Bytes

/// What a query found.
package struct BTQLPage: Sendable {
    /// The answer, minified.
    package let body: [UInt8]
    /// Where the rows are in it: a JSON object each.
    package let rows: [Range<Int>]
    /// Leads to the next page; nil when the service knows of none.
    package let cursor: String?
    /// False: the service had no time to look at what was written last.
    package let isWhole: Bool

    private init(body: [UInt8], rows: [Range<Int>], cursor: String?, isWhole: Bool) {
        (self.body, self.rows, self.cursor, self.isWhole) = (body, rows, cursor, isWhole)
    }

    /// Why an answer is no page.
    enum Fault: String, Error {
        case noJSON = "the answer is no JSON object"
        case noData = "the answer has no 'data'"
        case nullData = "'data' of the answer is null"
        case otherData = "'data' of the answer is no list"
        case otherRow = "a row of the answer is no object"
        case otherCursor = "'cursor' of the answer is no text"
        case tooDeep = "the answer nests too deep"
    }

    /// Rows nest as deep as what people log. Nothing here recurses, nor does what reads rows afterwards.
    package static let maxRowDepth = 4096

    /// - Parameters:
    ///   - answer: as the service sent it.
    ///   - header: the cursor's header, which counts when the body has none.
    init(_ answer: [UInt8], header: String?) throws(Fault) {
        let content = ByteBuffer(capacity: answer.count)
        let result = answer.withUnsafeBytes { JSONScanner(maxDepth: BTQLPage.maxRowDepth + 2).scan($0, into: content) }
        if case .rejected(let fault) = result, fault.reason == .tooDeep { throw .tooDeep }
        guard case .object = result, var members = JSONMembers(content.bytes) else { throw .noJSON }
        var data: JSONMembers.Member?
        var cursor: JSONMembers.Member?
        var realtime: JSONMembers.Member?
        while let member = members.next() {
            let key = UnsafeRawBufferPointer(rebasing: content.bytes[member.key])
            if JSONText.equals("data", key) { data = member }
            if JSONText.equals("cursor", key) { cursor = member }
            if JSONText.equals("realtime_state", key) { realtime = member }
        }
        guard members.isComplete else { throw .noJSON }
        guard let data else { throw .noData }
        guard data.kind == .array, var elements = JSONMembers(content.bytes, in: data.value) else {
            throw data.kind == .null ? .nullData : .otherData
        }
        var rows: [Range<Int>] = []
        while let element = elements.next() {
            guard element.kind == .object else { throw .otherRow }
            rows.append(element.value)
        }
        guard elements.isComplete else { throw .noJSON }
        self.rows = rows
        self.cursor = try BTQLPage.text(cursor, in: content.bytes) ?? header.flatMap { $0.isEmpty ? nil : $0 }
        isWhole = BTQLPage.text("type", of: realtime?.value, in: content.bytes) != "exhausted_timeout"
        body = [UInt8](content.bytes)
    }

    private static func text(_ member: JSONMembers.Member?, in bytes: UnsafeRawBufferPointer) throws(Fault) -> String? {
        guard let member, member.kind != .null else { return nil }
        guard member.kind == .string else { throw .otherCursor }
        let range = (member.value.lowerBound + 1)..<(member.value.upperBound - 1)
        guard let text = JSONText.unescaped(UnsafeRawBufferPointer(rebasing: bytes[range])) else { throw .otherCursor }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    /// The text of a row's member; nil when it has none of that name, or it is no text.
    package func text(_ key: String, ofRow row: Range<Int>) -> String? {
        body.withUnsafeBytes { BTQLPage.text(key, of: row, in: $0) }
    }

    private static func text(_ key: String, of object: Range<Int>?, in bytes: UnsafeRawBufferPointer) -> String? {
        guard let object, var members = JSONMembers(bytes, in: object) else { return nil }
        var found: JSONMembers.Member?
        while let member = members.next() {
            if JSONText.equals(key, UnsafeRawBufferPointer(rebasing: bytes[member.key])) { found = member }
        }
        return try? text(found, in: bytes)
    }

    /// The page with fewer rows.
    func keeping(_ rows: [Range<Int>]) -> BTQLPage {
        BTQLPage(body: body, rows: rows, cursor: cursor, isWhole: isWhole)
    }
}

/// A text as a literal of a query: the quote is doubled.
package func btqlLiteral(_ text: String) -> String {
    var result: [UInt8] = [UInt8(ascii: "'")]
    for byte in text.utf8 {
        if byte == UInt8(ascii: "'") { result.append(byte) }
        result.append(byte)
    }
    result.append(UInt8(ascii: "'"))
    return String(decoding: result, as: UTF8.self)
}
