/// What one line of a raw file says, as ranges into that line.
package struct RawRecord: Sendable, Equatable {
    package enum Identity: Sendable, Equatable {
        /// The text in the document, without quotes, of a string or number at the pointer for ids.
        case field(Range<Int>)
        /// The same of the members of `_kafka`.
        case kafka(topic: Range<Int>, partition: Range<Int>, offset: Range<Int>)
        /// Neither is there: file and line say which record it is.
        case position
    }

    package var identity: Identity
    /// Top-level members, from key to value, that the tagged line replaces; ascending, and mostly none.
    package var dropped: [Range<Int>]
    /// nil when there is neither input nor output, and so no question.
    package var key: ContentKey?
    package var isShortened: Bool
}
