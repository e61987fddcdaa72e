/// What the rows of a job's output were.
package struct RowCounts: Sendable, Equatable, Codable {
    package var rows = 0
    /// No JSON object.
    package var damaged = 0
    /// Without labels of ours.
    package var unlabelled = 0
    /// Of another input object, or of a line that this one does not have.
    package var foreign = 0
    /// A request that had an outcome already.
    package var doubles = 0

    package init() {}

    package static func += (left: inout RowCounts, right: RowCounts) {
        left.rows += right.rows
        left.damaged += right.damaged
        left.unlabelled += right.unlabelled
        left.foreign += right.foreign
        left.doubles += right.doubles
    }
}

/// What the answers of one model took.
package struct ModelUsage: Sendable, Equatable, Codable {
    package var answers = 0
    package var tokens = AnswerTokens()
    /// In millionths of a US dollar; of those answers that have a price.
    package var costMicroUsd: Int64 = 0
    /// Answers of a model without a price.
    package var unpriced = 0

    package init() {}

    package static func += (left: inout ModelUsage, right: ModelUsage) {
        left.answers += right.answers
        left.tokens += right.tokens
        left.costMicroUsd += right.costMicroUsd
        left.unpriced += right.unpriced
    }
}

/// What one answer costs, in millionths of a US dollar; nil when the model has no price.
package typealias AnswerPrice = @Sendable (_ tokens: AnswerTokens, _ model: String) -> Int64?

/// What became of each request of one input object, as far as its job's output tells. It holds as many entries as the object
/// has lines, of which a job takes 200,000.
package struct OutcomeTable {
    package struct Entry {
        package var outcome: RowOutcome
        package var model: String?
    }

    private static let mostMessages = 5

    package let input: Int
    package private(set) var counts = RowCounts()
    /// By model; the empty name for rows that name none.
    package private(set) var usage: [String: ModelUsage] = [:]
    /// What the service said of errors: the first ones that differ.
    package private(set) var messages: [String] = []
    private var entries: [Entry?]
    private let price: AnswerPrice

    package init(input: Int, rows: Int, price: @escaping AnswerPrice = { _, _ in nil }) {
        (self.input, self.price) = (input, price)
        entries = Array(repeating: nil, count: rows)
    }

    package subscript(row: Int) -> Entry? { entries[row] }

    /// Requests that have a row, if all that cannot be assigned to any are among them.
    package var answered: Int { entries.count { $0 != nil } + counts.damaged + counts.unlabelled }

    /// - Parameter row: nil for a line that could not be read.
    package mutating func add(_ row: OutputRow?) {
        counts.rows += 1
        guard let row else { return counts.damaged += 1 }
        guard let place = row.place else { return counts.unlabelled += 1 }
        guard place.input == input, entries.indices.contains(place.row) else { return counts.foreign += 1 }
        spend(row)
        if let message = row.message, messages.count < Self.mostMessages, !messages.contains(message) {
            messages.append(message)
        }
        let entry = Entry(outcome: row.outcome, model: row.model)
        guard let known = entries[place.row] else { return entries[place.row] = entry }
        counts.doubles += 1
        // The first answer counts: so the order of files decides nothing but between answers.
        if case .failed = known.outcome, case .judged = row.outcome { entries[place.row] = entry }
    }

    private mutating func spend(_ row: OutputRow) {
        guard row.tokens != AnswerTokens() else { return }
        let model = row.model ?? ""
        var part = ModelUsage()
        (part.answers, part.tokens) = (1, row.tokens)
        if let cost = price(row.tokens, model) { part.costMicroUsd = cost } else { part.unpriced = 1 }
        usage[model, default: ModelUsage()] += part
    }
}
