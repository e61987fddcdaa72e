internal import Bytes

/// The JSON Schema that the model's answer has to follow, for `output_config.format`: an object whose only member `tags`
/// is a list of names out of the taxonomy. The service's subset of JSON Schema has no `uniqueItems` and no `maxItems`.
package enum AnswerSchema {
    package static func json(_ taxonomy: Taxonomy) -> [UInt8] {
        let buffer = ByteBuffer()
        buffer.append(
            "{\"type\":\"object\",\"properties\":{\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":["
        )
        for (place, tag) in taxonomy.tags.enumerated() {
            if place > 0 { buffer.append(",") }
            buffer.append(jsonText: tag.name)
        }
        buffer.append("]}}},\"required\":[\"tags\"],\"additionalProperties\":false}")
        return [UInt8](buffer.bytes)
    }
}
