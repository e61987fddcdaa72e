/// Tokens of answers, as Vertex AI counts them (`usageMetadata`).
package struct AnswerTokens: Sendable, Equatable, Codable {
    /// Of the prompt, what came from a cache included.
    package var prompt: Int64 = 0
    package var cached: Int64 = 0
    /// Of the answer, without what the model thought.
    package var answer: Int64 = 0
    package var thoughts: Int64 = 0

    package init(prompt: Int64 = 0, cached: Int64 = 0, answer: Int64 = 0, thoughts: Int64 = 0) {
        (self.prompt, self.cached, self.answer, self.thoughts) = (prompt, cached, answer, thoughts)
    }

    package static func += (left: inout AnswerTokens, right: AnswerTokens) {
        left.prompt += right.prompt
        left.cached += right.cached
        left.answer += right.answer
        left.thoughts += right.thoughts
    }
}
