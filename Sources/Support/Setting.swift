/// One thing that a user can set: the single description that reading, `--help` and the documentation come from.
package struct Setting: Sendable, Equatable {
    /// What a value must look like.
    package enum Kind: Sendable, Equatable {
        /// Any text; the word that stands for it in the help, such as `HOST:PORT,…`.
        case text(String)
        /// True when given; takes no value of its own (`--follow`, `--follow=false`, `FOLLOW=true`).
        case flag
        case integer(ClosedRange<Int>)
        case duration(ClosedRange<Duration>)
        /// Bytes.
        case size(ClosedRange<Int>)
        case choice([String])
    }

    /// What happens when it is not given.
    package enum Presence: Sendable, Equatable {
        case required
        case optional
        /// The default, as a user would write it.
        case standard(String)
    }

    /// `kafka-brokers`: the flag without its dashes.
    package var name: String
    /// `KAFKA_BROKERS`.
    package var environment: String
    package var kind: Kind
    package var presence: Presence
    /// One or more sentences.
    package var help: String
    /// Its value is never printed.
    package var isSecret: Bool
    /// The flag may be given several times; the environment variable holds a list.
    package var isRepeatable: Bool

    /// - Parameter environment: nil for the name in upper case with underscores.
    package init(
        _ name: String, environment: String? = nil, _ kind: Kind, _ presence: Presence = .optional,
        secret: Bool = false,
        repeatable: Bool = false, help: String
    ) {
        self.name = name
        self.environment = environment ?? String(name.uppercased().map { $0 == "-" ? "_" : $0 })
        (self.kind, self.presence, self.help) = (kind, presence, help)
        (isSecret, isRepeatable) = (secret, repeatable)
    }

    package var flag: String { "--\(name)" }

    /// `--kafka-brokers (KAFKA_BROKERS)`.
    package var bothNames: String { "\(flag) (\(environment))" }

    var standard: String? {
        if case .standard(let text) = presence { text } else { nil }
    }

    /// The word for its value in the help.
    var placeholder: String {
        switch kind {
        case .text(let word): word
        case .flag: ""
        case .integer: "NUMBER"
        case .duration: "DURATION"
        case .size: "SIZE"
        case .choice(let choices): choices.joined(separator: "|")
        }
    }

    /// What a value has to be, for messages.
    var expectation: String {
        switch kind {
        case .text(let word): word
        case .flag: "true or false"
        case .integer(let range) where range.upperBound == .max: "a whole number from \(range.lowerBound)"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "a duration such as 500ms, 90s, 10m or 1h30m, from \(range.lowerBound.text) to \(range.upperBound.text)"
        case .size(let range) where range.upperBound == .max:
            "a size such as 64MiB or 8MB, from \(ByteSize.text(range.lowerBound))"
        case .size(let range):
            "a size such as 64MiB or 8MB, from \(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound))"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        }
    }
}

/// Everything that one command can be told.
package struct SettingsTable: Sendable {
    /// Settings that a reader of the help looks for together.
    package struct Group: Sendable {
        package var title: String
        package var settings: [Setting]

        package init(_ title: String, _ settings: [Setting]) {
            (self.title, self.settings) = (title, settings)
        }
    }

    /// `loader load`.
    package var command: String
    /// What the command does: one sentence.
    package var summary: String
    package var groups: [Group]

    package init(_ command: String, _ summary: String, _ groups: [Group]) {
        (self.command, self.summary, self.groups) = (command, summary, groups)
    }

    package var settings: [Setting] { groups.flatMap(\.settings) }

    /// One command that does what several do: each setting once, where it comes first.
    /// - Parameter without: names of settings that make no sense together.
    package static func joined(
        _ tables: [SettingsTable], as command: String, _ summary: String, without: Set<String>
    ) -> SettingsTable {
        var seen = without
        let groups = tables.flatMap(\.groups).compactMap { group -> Group? in
            let settings = group.settings.filter { seen.insert($0.name).inserted }
            return settings.isEmpty ? nil : Group(group.title, settings)
        }
        return SettingsTable(command, summary, groups)
    }
}
