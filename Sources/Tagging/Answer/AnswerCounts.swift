/// How often each rule of `AnswerRules` applied. The first group counts answers, the second elements of their lists.
package struct AnswerCounts: Sendable, Equatable, Codable {
    /// Read: the model had come to its end.
    package var answers = 0
    /// No JSON, or JSON without a list of tags.
    package var unusable = 0
    /// Longer, or nested deeper, than any answer needs to be: not read.
    package var oversized = 0
    package var empty = 0
    /// The list was there, with elements, and none could be used.
    package var onlyUnknown = 0
    /// The list stood inside a Markdown code fence.
    package var fenced = 0
    /// The list was no member of an object.
    package var bareList = 0
    /// One name instead of a list; taken as a list of one.
    package var bareName = 0
    /// null instead of a list; taken as an empty one.
    package var nullList = 0
    /// The list's key was `relevant_tags`.
    package var renamedKey = 0
    /// The object had more than the list; that was ignored.
    package var extraMembers = 0

    package var nullElements = 0
    /// Numbers, booleans, lists and objects in place of a name; dropped.
    package var notNames = 0
    /// Names that the taxonomy does not have; dropped.
    package var unknown = 0
    /// Of these, the ones that differ from a tag only in the case of letters.
    package var wrongCase = 0
    /// Names with white space around them, which was taken off.
    package var trimmed = 0
    /// Names that came before in the list; dropped.
    package var duplicates = 0

    package init() {}

    package static func += (left: inout AnswerCounts, right: AnswerCounts) {
        for path in fields { left[keyPath: path] += right[keyPath: path] }
    }

    private static var fields: [WritableKeyPath<AnswerCounts, Int>] {
        [
            \.answers, \.unusable, \.oversized, \.empty, \.onlyUnknown, \.fenced, \.bareList, \.bareName, \.nullList,
            \.renamedKey, \.extraMembers, \.nullElements, \.notNames, \.unknown, \.wrongCase, \.trimmed, \.duplicates,
        ]
    }
}
