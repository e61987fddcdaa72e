/// What one kind of prompt file may say, and has to.
package struct PromptRules: Sendable {
    /// Which `{{placeholders}}` a message may hold.
    package struct Places: Sendable {
        package enum Need: Sendable { case each, any, none }

        package var names: [String]
        /// Also JSON pointers into the record: `{{/metadata/user}}`.
        package var allowsPointers: Bool
        /// Which of them the message has to hold.
        package var need: Need

        package init(_ names: [String], allowsPointers: Bool = false, need: Need) {
            (self.names, self.allowsPointers, self.need) = (names, allowsPointers, need)
        }
    }

    /// A key of `modelParameters`.
    package struct Parameter: Sendable {
        package enum Kind: Sendable {
            case integer(ClosedRange<Int>)
            case decimal(ClosedRange<Double>)
            /// As the service spells them.
            case choice([String])
        }

        package var name: String
        package var kind: Kind
        package var isRequired: Bool

        package init(_ name: String, _ kind: Kind, isRequired: Bool = false) {
            (self.name, self.kind, self.isRequired) = (name, kind, isRequired)
        }

        var expectation: String {
            switch kind {
            case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
            case .decimal(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
            case .choice(let choices): "one of \(choices.joined(separator: ", "))"
            }
        }

        /// The text as it is sent: a choice, given in upper or lower case, as the service spells it. nil when it is wrong.
        func value(_ text: String) -> String? {
            switch kind {
            case .integer(let range): Int(text).map(range.contains) ?? false ? text : nil
            case .decimal(let range):
                isJSONNumber(text.utf8) && Double(text).map(range.contains) ?? false ? text : nil
            case .choice(let choices): choices.first { $0.lowercased() == text.lowercased() }
            }
        }
    }

    package var isModelRequired: Bool
    package var parameters: [Parameter]
    package var system: Places
    package var user: Places
    /// Whether there is a schema that the answer has to follow, and test cases that somebody runs.
    package var hasSchemaAndTests: Bool

    package init(
        isModelRequired: Bool, parameters: [Parameter], system: Places, user: Places, hasSchemaAndTests: Bool
    ) {
        (self.isModelRequired, self.parameters, self.system) = (isModelRequired, parameters, system)
        (self.user, self.hasSchemaAndTests) = (user, hasSchemaAndTests)
    }
}
