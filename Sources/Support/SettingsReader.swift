/// Reads settings: a flag wins over an environment variable, which wins over the default.
///
/// Every problem is collected; `finish` throws them all at once. Until then a getter that cannot give a right value
/// gives a stand-in, so that a configuration is read in one go: use nothing before `finish` has returned.
package struct SettingsReader {
    private let table: SettingsTable
    private let flags: [String: [String]]
    package let environment: [String: String]
    private let known: Set<String>
    private var problems: [String]

    /// - Parameters:
    ///   - arguments: what follows the command's name.
    ///   - environment: an empty value counts as not set.
    package init(_ table: SettingsTable, arguments: [String], environment: [String: String]) {
        self.table = table
        self.environment = environment.filter { !$0.value.isEmpty }
        known = Set(table.settings.map(\.name))
        let parsed = FlagParser(table.settings).parse(arguments)
        (flags, problems) = (parsed.values, parsed.problems)
    }

    /// Throws one `Failure(.usage)` that lists every problem, each with the name, the value and what is expected.
    package func finish() throws(Failure) {
        guard let first = problems.first else { return }
        let help = "'\(table.command) --help' lists every setting"
        if problems.count == 1 { throw Failure(.usage, first, remedy: help) }
        let lines = problems.map { "\n  " + $0 }.joined()
        throw Failure(.usage, "\(problems.count) settings are wrong (\(help)):\(lines)")
    }

    /// Records a problem that no single setting's kind can see.
    /// Once, however often it is found: jobs that run together read some settings twice.
    package mutating func report(_ problem: String) {
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// Records that a setting's value is wrong, without the value if it is a secret.
    package mutating func reject(_ setting: Setting, expected: String) {
        guard let given = given(setting) else { return report("\(setting.bothNames) is wrong; expected \(expected)") }
        reject(setting, given, expected: expected)
    }

    package func isGiven(_ setting: Setting) -> Bool { given(setting) != nil }

    // MARK: Values

    /// nil when it is optional and not given, or wrong.
    package mutating func optionalText(_ setting: Setting) -> String? {
        if let given = given(setting) { return given.values.first }
        if setting.presence == .required { report("\(setting.bothNames) is required: \(setting.expectation)") }
        return setting.standard
    }

    package mutating func text(_ setting: Setting) -> String { optionalText(setting) ?? "" }

    /// As `text`, for values that a rule of their own decides on: `parse` gives nil for a wrong one.
    package mutating func optionalValue<Value>(
        _ setting: Setting, expected: String? = nil, _ parse: (String) -> Value?
    ) -> Value? {
        guard let text = optionalText(setting) else { return nil }
        if let value = parse(text) { return value }
        reject(setting, expected: expected ?? setting.expectation)
        return nil
    }

    package mutating func flag(_ setting: Setting) -> Bool {
        optionalValue(setting) { text in
            switch text.lowercased() {
            case "true", "1", "yes", "on": true
            case "false", "0", "no", "off": false
            default: nil
            }
        } ?? false
    }

    package mutating func optionalInteger(_ setting: Setting) -> Int? {
        guard case .integer(let range) = setting.kind else { return nil }
        return optionalValue(setting) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    package mutating func integer(_ setting: Setting) -> Int { optionalInteger(setting) ?? 0 }

    package mutating func optionalDuration(_ setting: Setting) -> Duration? {
        guard case .duration(let range) = setting.kind else { return nil }
        return optionalValue(setting) { text in Duration(text: text).flatMap { range.contains($0) ? $0 : nil } }
    }

    package mutating func duration(_ setting: Setting) -> Duration { optionalDuration(setting) ?? .zero }

    /// Bytes.
    package mutating func size(_ setting: Setting) -> Int {
        guard case .size(let range) = setting.kind else { return 0 }
        return optionalValue(setting) { text in ByteSize.parse(text).flatMap { range.contains($0) ? $0 : nil } } ?? 0
    }

    /// The case whose raw value was given, in upper or lower case. The setting's choices must be raw values.
    package mutating func optionalChoice<Choice: RawRepresentable & CaseIterable>(_ setting: Setting) -> Choice?
    where Choice.RawValue == String {
        optionalChoiceText(setting).flatMap(Choice.init(rawValue:))
    }

    /// The choice that was given, spelt as the setting spells it.
    package mutating func optionalChoiceText(_ setting: Setting) -> String? {
        guard case .choice(let choices) = setting.kind else { return nil }
        return optionalValue(setting) { text in choices.first { $0.lowercased() == text.lowercased() } }
    }

    package mutating func choice<Choice: RawRepresentable & CaseIterable>(_ setting: Setting, else standIn: Choice)
        -> Choice
    where Choice.RawValue == String {
        optionalChoice(setting) ?? standIn
    }

    /// Of a repeatable setting: each flag is one element, the environment variable is a list with commas.
    package func list(_ setting: Setting) -> [String] {
        guard known.contains(setting.name) else { return setting.standard.map(SettingsReader.split) ?? [] }
        if let values = flags[setting.name] { return values }
        return (environment[setting.environment] ?? setting.standard).map(SettingsReader.split) ?? []
    }

    // MARK: Where a value comes from

    private struct Given {
        /// The name that the user used.
        var name: String
        var values: [String]
    }

    /// nil also for a setting that the command does not have: it has its default then.
    private func given(_ setting: Setting) -> Given? {
        guard known.contains(setting.name) else { return nil }
        if let values = flags[setting.name] { return Given(name: setting.flag, values: values) }
        return environment[setting.environment].map { Given(name: setting.environment, values: [$0]) }
    }

    private mutating func reject(_ setting: Setting, _ given: Given, expected: String) {
        let value = setting.isSecret ? "has a wrong value" : "is '\(printable(given.values.joined(separator: "' '")))'"
        report("\(given.name) \(value); expected \(expected)")
    }

    /// Elements between commas, without the spaces around them and without empty ones; `\,` is a comma and `\\` a
    /// backslash.
    package static func split(_ text: String) -> [String] {
        var elements = [""]
        var escaped = false
        for character in text {
            switch (escaped, character) {
            case (false, "\\"): escaped = true
            case (false, ","): elements.append("")
            case (true, let character) where character != "," && character != "\\":
                elements[elements.count - 1] += "\\\(character)"
                escaped = false
            case (_, let character):
                elements[elements.count - 1].append(character)
                escaped = false
            }
        }
        if escaped { elements[elements.count - 1].append("\\") }
        return elements.map { trimmed($0) }.filter { !$0.isEmpty }
    }
}

/// Without the white space at both ends.
package func trimmed(_ text: some StringProtocol) -> String {
    let front = text.drop(while: \.isWhitespace)
    return String(front.reversed().drop(while: \.isWhitespace).reversed())
}

/// What somebody typed, fit for a message: cut, and without control characters.
package func printable(_ text: String, limit: Int = 100) -> String {
    let shown = text.unicodeScalars.prefix(limit).map { scalar in
        scalar.properties.generalCategory == .control ? "\u{FFFD}" : String(scalar)
    }
    return shown.joined() + (text.unicodeScalars.count > limit ? "…" : "")
}
