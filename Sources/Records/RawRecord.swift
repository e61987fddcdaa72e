package import Bytes

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
    /// The record itself: the line, or in an envelope the value inside.
    package var body: Range<Int>
    /// The top-level members that the reader was told to drop, from key to value; ascending, and mostly none.
    package var dropped: [Range<Int>]
    /// nil when there is neither input nor output, and so no question; and when no key is wanted.
    package var key: ContentKey?
    package var isShortened: Bool
}

extension RawRecord.Identity {
    /// Appends the identity as the inside of a JSON string: `<topic>-<partition>-<offset>` for that of `_kafka`,
    /// `<file>-<number>` for none.
    /// - Parameters:
    ///   - line: from which the record was read.
    ///   - file: the raw file's name without folder and extension, which needs no escapes.
    ///   - number: of the line in its file.
    package func append(of line: UnsafeRawBufferPointer, file: String, number: Int, to buffer: ByteBuffer) {
        switch self {
        case .field(let text): buffer.append(UnsafeRawBufferPointer(rebasing: line[text]))
        case .kafka(let topic, let partition, let offset):
            buffer.append(UnsafeRawBufferPointer(rebasing: line[topic]))
            buffer.append("-")
            buffer.append(UnsafeRawBufferPointer(rebasing: line[partition]))
            buffer.append("-")
            buffer.append(UnsafeRawBufferPointer(rebasing: line[offset]))
        case .position:
            buffer.append(text: file)
            buffer.append("-")
            buffer.append(decimal: Int64(number))
        }
    }
}
