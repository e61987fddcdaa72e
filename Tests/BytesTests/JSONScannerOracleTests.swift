@testable import Bytes
import Foundation
import TestSupport
import Testing

/// Thousands of random documents, whole and damaged, against two readers that share nothing with the scanner.
@Suite struct JSONScannerOracleTests {
    private static let pointers = [
        "", "/a", "/0", "/a/b", "/a/0", "/b/1/a", "/a~1b", "/~0", "/long enough key", "/😀", "/",
    ]
    private static let maxDepth = 8

    private struct Case: Encodable {
        var input: Data
        var pointer: String
        var minified: Data?
        var field: Data?
        var reason: String?
    }

    private static func scan(_ input: [UInt8], _ pointer: String) throws -> (JSONScanResult, output: [UInt8]) {
        let field: JSONPointer = try #require(JSONPointer(pointer))
        let scanner = JSONScanner(field: field, maxDepth: maxDepth)
        let buffer = ByteBuffer()
        // A copy of exactly its size, so that reading past the end shows under the address sanitizer.
        let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: input.count, alignment: 1)
        defer { exact.deallocate() }
        exact.copyBytes(from: input)
        let result = scanner.scan(UnsafeRawBufferPointer(exact), into: buffer)
        return (result, Array(buffer.bytes))
    }

    @Test func agreesWithAPlainReader() throws {
        let seed = UInt64.random(in: .min ... .max)
        var json = RandomJSON(seed: seed)
        var accepted = 0
        for round in 0..<5_000 {
            let input = json.document()
            let pointer = json.random.pick(Self.pointers)
            let tokens = try #require(JSONPointer(pointer)).tokens
            let (result, output) = try Self.scan(input, pointer)
            var reference = ReferenceJSON(input, maxDepth: Self.maxDepth)
            let comment: Comment =
                "seed \(seed), round \(round), pointer \(pointer): \(Data(input).base64EncodedString())"
            do throws(JSONFault) {
                let (node, hadByteOrderMark) = try reference.read()
                let field = node.at(tokens[...])
                accepted += 1
                #expect(output == node.text, comment)
                guard case .object(let info) = result else { Issue.record(comment); return }
                #expect(info.hadByteOrderMark == hadByteOrderMark, comment)
                #expect(info.field?.kind == field?.kind, comment)
                #expect(info.field.map { Array(output[$0.range]) } == field?.text, comment)
            } catch {
                #expect(result == .rejected(error), comment)
                #expect(output.isEmpty, comment)
            }
        }
        #expect((2_000...4_500).contains(accepted), "the inputs must be of both kinds")
    }

    @Test(.enabled(if: Python.isInstalled, "needs python3"))
    func agreesWithPython() throws {
        let seed = UInt64.random(in: .min ... .max)
        var json = RandomJSON(seed: seed)
        var lines: [Data] = []
        let encoder = JSONEncoder()
        for _ in 0..<5_000 {
            let input = json.document()
            let pointer = json.random.pick(Self.pointers)
            let (result, output) = try Self.scan(input, pointer)
            var line = Case(input: Data(input), pointer: pointer)
            switch result {
            case .object(let info):
                line.minified = Data(output)
                line.field = info.field.map { Data(output[$0.range]) }
            case .rejected(let fault):
                if fault.reason == .tooDeep { continue }
                line.reason = "\(fault.reason)"
            }
            lines.append(try encoder.encode(line))
        }
        let complaints = try Python.run(Self.judge, input: Data(lines.joined(separator: Data("\n".utf8))))
        #expect(complaints.isEmpty, "seed \(seed)")
    }

    private static let judge = #"""
        import base64, json, sys
        sys.set_int_max_str_digits(0)

        def no_constant(name):
            raise ValueError(name)

        def read(data, **options):
            if data.startswith(b"\xef\xbb\xbf"):
                data = data[3:]
            return json.loads(data.decode("utf-8", "strict"), parse_constant=no_constant,
                              parse_int=str, parse_float=str, **options)

        def find(value, pointer):
            for token in pointer.split("/")[1:]:
                token = token.replace("~1", "/").replace("~0", "~")
                if isinstance(value, dict) and token in value:
                    value = value[token]
                elif isinstance(value, list) and token in map(str, range(len(value))):
                    value = value[int(token)]
                else:
                    raise LookupError
            return value

        for line in sys.stdin:
            case = json.loads(line)
            def data(name):
                return base64.b64decode(case[name]) if case.get(name) is not None else None
            try:
                try:
                    value = read(data("input"))
                except ValueError:
                    assert case["reason"] in ("notJSON", "notUTF8"), "should be refused"
                    continue
                if not isinstance(value, dict):
                    assert case["reason"] == "notObject", "should not be an object"
                    continue
                assert case.get("reason") is None, "should be accepted"
                # With members as lists, equal keys and their order count too.
                pairs = dict(object_pairs_hook=list)
                assert read(data("input"), **pairs) == read(data("minified"), **pairs), "content changed"
                try:
                    expected = find(value, case["pointer"])
                    assert data("field") is not None and read(data("field")) == expected, "another field"
                except LookupError:
                    assert data("field") is None, "should have no field"
            except AssertionError as complaint:
                print(complaint, line.strip())
        """#
}
