/// What a line of a partition file holds.
package enum RecordFormat: String, Sendable, Codable, CaseIterable {
    /// The minified value alone.
    case value
    /// The minified value with a last member `_kafka`, which says where it came from. A value that has such a member keeps it,
    /// in front of ours: readers for which the last of equal keys counts (most) see ours.
    case annotated
    /// `{"_kafka":{…},"value":…}`.
    case envelope
}
