/// What there is to ask about in one raw file.
package struct FileSurvey: Sendable, Equatable {
    package var records = 0
    package var withoutContent = 0
    /// Contents that nobody has answered for, each once.
    package var questions = 0
    /// Of their prompts.
    package var inputTokens: Int64 = 0

    package static func += (left: inout FileSurvey, right: FileSurvey) {
        left.records += right.records
        left.withoutContent += right.withoutContent
        left.questions += right.questions
        left.inputTokens += right.inputTokens
    }
}
