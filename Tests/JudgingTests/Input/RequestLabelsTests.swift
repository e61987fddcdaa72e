import Bytes
import Testing

@testable import Judging

@Suite struct RequestLabelsTests {
    private static func json(_ labels: RequestLabels) -> String {
        let buffer = ByteBuffer()
        labels.append(to: buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static func read(_ json: String) -> RequestLabels? {
        Array(json.utf8).withUnsafeBytes { RequestLabels($0) }
    }

    private static func place(_ json: String) -> RowPlace? { Array(json.utf8).withUnsafeBytes { RowPlace($0) } }

    private static func labels(id: [UInt8]) -> RequestLabels {
        RequestLabels(
            place: RowPlace(input: 3, row: 123),
            file: "13-late-p00000e999999-00000000000000000000-09223372036854775807", line: 124,
            id: RequestLabels.Identity(id))
    }

    @Test func theLabels() {
        #expect(
            Self.json(Self.labels(id: Array("i-17".utf8)))
                == #"{"input":"00003","row":"000123","file":"13-late-p00000e999999-00000000000000000000-09223372036854775807","#
                + #""line":"124","id-0":"newtcny"}"#)
    }

    @Test(arguments: [0, 1, 39, 40, 629, 630, 631, 5000])
    func anyIDComesBack(_ length: Int) throws {
        let id = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 41 &+ 7) }
        let labels = Self.labels(id: id)
        #expect(Self.read(Self.json(labels)) == labels)
        if case .digest(let digest) = labels.id {
            #expect(length > 630)
            #expect(digest.count == 32)
        } else {
            #expect(length <= 630)
            #expect(labels.id == .text(id))
        }
    }

    /// Vertex AI refuses a request whose labels are others.
    @Test func keysAndValuesAreLabels() {
        let labels = Self.labels(id: (0..<630).map { UInt8(truncatingIfNeeded: $0) })
        let texts = Self.json(labels).split(whereSeparator: { "{},:".contains($0) }).map { $0.dropFirst().dropLast() }
        #expect(texts.count == 2 * (4 + 16))
        for text in texts {
            #expect((1...63).contains(text.utf8.count))
            #expect(text.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789_-".utf8.contains($0) }, "\(text)")
        }
    }

    @Test func leadingZeros() {
        for (row, text) in [(0, "000000"), (9, "000009"), (10, "000010"), (199_999, "199999"), (1_234_567, "1234567")] {
            let labels = RequestLabels(
                place: RowPlace(input: 99_999, row: row), file: "f", line: 1, id: .text([]))
            #expect(Self.json(labels).contains(#""input":"99999","row":"\#(text)""#))
        }
    }

    /// The echo of a request may hold more members, null ones too, in any order.
    @Test func theEchoOfLabels() {
        #expect(
            Self.place(#"{"x":null,"row":"000007","other":{"input":"9"},"input":"00002"}"#)
                == RowPlace(input: 2, row: 7))
        #expect(Self.read(#"{"row":"7","input":"2","file":"canary","line":"1","id-0":"me","z":1}"#)?.isCanary == true)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", #"{"row":"1"}"#, #"{"input":"1"}"#, #"{"input":1,"row":"2"}"#,
        #"{"input":"-1","row":"2"}"#, #"{"input":"","row":"2"}"#, #"{"input":"1","row":"99999999999999999999"}"#,
        #"{"input":"1","row":"2""#, #"{"input":"+1","row":"2"}"#,
    ])
    func whatIsNoPlace(_ json: String) {
        #expect(Self.place(json) == nil)
    }

    @Test(arguments: [
        #"{"input":"1","row":"2","line":"3"}"#, #"{"input":"1","row":"2","file":"f"}"#,
        #"{"input":"1","row":"2","file":"","line":"3"}"#, #"{"input":"1","row":"2","file":"f","line":"x"}"#,
        #"{"input":"1","row":"2","file":"f","line":"3","id-0":"M"}"#,
        #"{"input":"1","row":"2","file":"f","line":"3","id-sha256":"me"}"#,
    ])
    func whatIsNotOurs(_ json: String) {
        #expect(Self.read(json) == nil)
    }
}
