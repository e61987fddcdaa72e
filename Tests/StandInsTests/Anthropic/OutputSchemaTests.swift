import Testing

@testable import StandIns

@Suite struct OutputSchemaTests {
    @Test(
        arguments: [
            ["type": "array", "items": ["type": "string", "enum": ["a", "b"]], "minItems": 1],
            ["type": "object", "properties": ["a": ["const": 1]], "required": ["a"], "additionalProperties": false],
            ["anyOf": [["type": "string", "format": "date"], ["type": "null"]]],
            ["$ref": "#/$defs/A", "$defs": ["A": ["type": "integer", "description": "d", "title": "t"]]],
            ["type": ["string", "null"]],
        ] as [JSONValue])
    func accepts(schema: JSONValue) {
        #expect(throws: Never.self) { try OutputSchema(schema, at: "schema") }
    }

    @Test(
        arguments: [
            "text", [:], ["type": "text"], ["type": "object", "properties": [:]],
            ["type": "object", "additionalProperties": true], ["type": "string", "default": "a"],
            ["type": "string", "minLength": 1],
            ["type": "string", "pattern": "a"], ["type": "string", "format": "regex"],
            ["type": "integer", "minimum": 1],
            ["type": "array", "maxItems": 3], ["type": "array", "minItems": 2], ["oneOf": [["type": "string"]]],
            ["enum": []], ["enum": [["a"]]], ["anyOf": []], ["$ref": "#/$defs/missing"],
            ["$ref": "#/$defs/A", "$defs": ["A": ["type": "array", "items": ["$ref": "#/$defs/A"]]]],
            ["type": "object", "properties": [:], "required": ["a"], "additionalProperties": false],
            ["type": "array", "items": ["type": "object", "properties": [:]]],
        ] as [JSONValue])
    func refuses(schema: JSONValue) {
        #expect(throws: AnthropicFault.self) { try OutputSchema(schema, at: "schema") }
    }
}

@Suite struct KeywordAnswerTests {
    private func answer(_ schema: JSONValue, _ text: String) throws -> JSONValue {
        KeywordAnswer(schema: try OutputSchema(schema, at: "schema"), text: text).value
    }

    private let tags: JSONValue = [
        "type": "array", "items": ["type": "string", "enum": ["Billing-Issue", "bug", "AI"]],
    ]

    @Test(arguments: [
        ("an ISSUE, surely", #"["Billing-Issue"]"#), ("a bug: billing", #"["Billing-Issue","bug"]"#),
        ("debugging", "[]"), ("ai", #"["AI"]"#), ("", "[]"),
    ])
    func choosesTagsByWholeWords(text: String, expected: String) throws {
        #expect(try answer(tags, text).text == expected)
    }

    @Test func obeysTheLeastNumberOfItems() throws {
        let schema: JSONValue = ["type": "array", "items": ["enum": ["a", "b"]], "minItems": 1]
        #expect(try answer(schema, "nothing") == ["a"])
    }

    @Test func fillsEveryProperty() throws {
        let schema: JSONValue = [
            "type": "object", "additionalProperties": false,
            "properties": [
                "tags": ["$ref": "#/$defs/T"], "when": ["type": "string", "format": "date"], "n": ["type": "integer"],
                "maybe": ["anyOf": [["type": "null"], ["type": "string"]]],
            ],
            "$defs": ["T": tags],
        ]
        #expect(try answer(schema, "bug").text == #"{"tags":["bug"],"when":"2026-01-01","n":1,"maybe":null}"#)
    }
}
