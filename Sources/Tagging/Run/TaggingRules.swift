internal import Bytes
package import Gzip
internal import Interactions
internal import JobSupport
package import Records

/// How records become tagged records: the same for all files of a run.
package struct TaggingRules: Sendable {
    package var names: TaggedNames
    package var taxonomy: Taxonomy
    package var prompt: TaggingPrompt
    package var model: String
    package var config: TaggingConfigHash
    package var fields: RecordFields
    package var shortening: Shortening
    package var gzip: GzipSettings

    func reader() -> RecordReader {
        RecordReader(
            fields: fields, shortening: shortening, config: config.description, dropping: TaggedLine.ownMembers)
    }

    /// The record's question; to be asked right after it was read.
    func question(_ reader: RecordReader, _ key: ContentKey) -> Question {
        let content = ByteBuffer()
        prompt.appendUser(input: reader.input.bytes, output: reader.output.bytes, to: content)
        return Question(key: key, content: Array(content.bytes))
    }
}
