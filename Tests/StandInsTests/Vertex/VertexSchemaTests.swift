import Testing

@testable import StandIns

@Suite struct VertexSchemaTests {
    private func request(_ members: JSONValue) throws -> JSONObject {
        try VertexSchema.shared.message(members, "GenerateContentRequest")
    }

    @Test func readsEitherSpellingAndDropsNulls() throws {
        let message = try request([
            "system_instruction": ["parts": [["text": "s", "file_data": nil]]],
            "generationConfig": [
                "max_output_tokens": "12", "temperature": 0, "responseSchema": ["type": "ARRAY", "minItems": "1"],
            ],
            "labels": ["snake_key": "v"],
        ])
        #expect(
            JSONValue.object(message) == [
                "systemInstruction": ["parts": [["text": "s"]]],
                "generationConfig": [
                    "maxOutputTokens": 12, "temperature": .number(0.0),
                    "responseSchema": ["type": "ARRAY", "minItems": 1],
                ],
                "labels": ["snake_key": "v"],
            ])
    }

    @Test(
        arguments: [
            ["nonsense": 1], ["contents": "text"], ["contents": [["parts": "text"]]], ["labels": ["a": 1]],
            ["contents": [["parts": [["text": 1]]]]], ["contents": [["parts": [["nonsense": 1]]]]],
            ["generationConfig": ["maxOutputTokens": .number(1.5)]],
            ["generationConfig": ["maxOutputTokens": 4_294_967_296]],
            ["generationConfig": ["temperature": "warm"]], ["generationConfig": ["responseSchema": ["type": "object"]]],
            ["generationConfig": ["thinkingConfig": ["includeThoughts": "yes"]]], ["tools": [[:]]],
            ["cachedContent": "c"],
            ["contents": [], "Contents": []], ["system_instruction": [:], "systemInstruction": [:]], [1],
            ["contents": [["parts": [["fileData": ["fileUri": "gs://b/o"]]]]]],
        ] as [JSONValue])
    func refuses(body: JSONValue) {
        #expect(throws: VertexFault.self) { try request(body) }
    }

    @Test func whatTheServiceSetsIsIgnored() throws {
        let message = try VertexSchema.shared.message(
            ["displayName": "d", "state": "JOB_STATE_SUCCEEDED", "name": "n"], "BatchPredictionJob")
        #expect(message.keys == ["displayName"])
    }

    @Test(arguments: [(false, "systemInstruction", "maxItems"), (true, "system_instruction", "max_items")])
    func echoHasNullsAndKeepsNamesOfMaps(isSnakeCased: Bool, instruction: String, limit: String) throws {
        let message = try request([
            "systemInstruction": ["parts": [["text": "s"]]], "labels": ["aB": "v"],
            "generationConfig": ["responseSchema": ["properties": ["camelName": ["maxItems": 3]]]],
        ])
        let echo = JSONValue.object(
            VertexSchema.shared.echo(message, "GenerateContentRequest", isSnakeCased: isSnakeCased))
        let part = echo[instruction]?["parts"]?.array?.first
        #expect((part?["text"], part?["file_data"]) == ("s", .null))
        #expect(echo["labels"] == ["aB": "v"])
        let config = echo[isSnakeCased ? "generation_config" : "generationConfig"]
        let schema = config?[isSnakeCased ? "response_schema" : "responseSchema"]
        #expect(schema?["properties"]?["camelName"]?[limit] == 3)
    }
}
