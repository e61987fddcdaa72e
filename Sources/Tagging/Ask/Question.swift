package import Anthropic
package import Prices
package import Records
import Synchronization

/// One content that the model is asked about.
package struct Question: Sendable {
    package var key: ContentKey
    /// The user's turn: the shortened record within the prompt.
    package var content: [UInt8]

    package init(key: ContentKey, content: [UInt8]) { (self.key, self.content) = (key, content) }
}

/// How every question of a run is put, and its answer read.
package struct QuestionForm: Sendable {
    package let template: MessageTemplate
    package let maxTokens: Int
    package let answers: AnswerReader
    package let prices: PriceTable
    /// Bytes of what all requests have in common: no token is less than a byte.
    private let commonBytes: Int

    /// An answer that did not fit is asked for once more, with so many times the room.
    static let moreRoom = 4
    /// Tokens of a list of a few tags, with a little thinking.
    static let likelyOutput: Int64 = 60

    package init(
        template: MessageTemplate, commonBytes: Int, maxTokens: Int, answers: AnswerReader, prices: PriceTable
    ) {
        (self.template, self.commonBytes, self.maxTokens) = (template, commonBytes, maxTokens)
        (self.answers, self.prices) = (answers, prices)
    }

    /// Tokens of an answer to the second try. In a batch, which has none, the first has them: room that is not used costs
    /// nothing.
    package var mostTokens: Int { min(maxTokens * Self.moreRoom, TaggingPrompt.Limits.maxTokens.upperBound) }

    /// The most that one question can cost, with its second try: millionths of a dollar.
    package func most(_ question: Question, isBatch: Bool) -> Int64 {
        let last = most(question, room: mostTokens, isBatch: isBatch)
        return isBatch || maxTokens == mostTokens ? last : most(question, room: maxTokens, isBatch: false) + last
    }

    /// The most that one call can cost.
    func most(_ question: Question, room: Int, isBatch: Bool) -> Int64 {
        // Writing to the cache is the dearest way to be read.
        let usage = TokenUsage(cacheWrite5m: Int64(commonBytes + question.content.count), output: Int64(room))
        return prices.cost(of: usage, model: template.model, isBatch: isBatch) ?? 0
    }

    /// Tokens of what all requests have in common, about.
    package var commonTokens: Int { commonBytes / 3 }

    /// What so many questions are likely to cost: the common part is written to the cache but once.
    package func estimate(questions: Int, contentTokens: Int64, isBatch: Bool) -> Int64 {
        guard questions > 0 else { return 0 }
        let each = TokenUsage(
            input: contentTokens / Int64(questions), cacheRead: Int64(commonTokens), output: Self.likelyOutput)
        return Int64(questions) * (prices.cost(of: each, model: template.model, isBatch: isBatch) ?? 0)
    }

    package func cost(_ answer: MessageAnswer, isBatch: Bool) -> Int64 {
        prices.cost(of: TokenUsage(answer), model: template.model, isBatch: isBatch) ?? 0
    }

    /// Of an answer that does not say what it took: the most that it can.
    package func cost(_ answer: MessageAnswer, of question: Question, room: Int) -> Int64 {
        answer.usage == nil ? most(question, room: room, isBatch: false) : cost(answer, isBatch: false)
    }

    package func request(_ question: Question, maxTokens: Int) -> MessageRequest? {
        question.content.withUnsafeBytes { template.request(content: $0, maxTokens: maxTokens) }
    }
}

extension TokenUsage {
    /// Nothing when the API did not say.
    init(_ answer: MessageAnswer) {
        let usage = answer.usage ?? Usage()
        self.init(
            input: usage.input, cacheWrite5m: usage.cacheWrite5m, cacheWrite1h: usage.cacheWrite1h,
            cacheRead: usage.cacheRead, output: usage.output)
    }
}

/// `AnswerRules` for many tasks.
package final class AnswerReader: Sendable {
    private let rules: Mutex<AnswerRules>

    package init(_ taxonomy: Taxonomy) { rules = Mutex(AnswerRules(taxonomy)) }

    package func read(_ message: MessageAnswer) -> (TagAnswer, AnswerCounts) {
        rules.withLock { rules in
            var counts = AnswerCounts()
            let answer = rules.read(message.text, stopReason: message.stopReason.description, counts: &counts)
            return (answer, counts)
        }
    }
}
