import Support
import Testing

/// A small command that has every kind of setting.
enum Sample {
    static let brokers = Setting("kafka-brokers", .text("HOST:PORT,…"), .required, help: "Brokers.")
    static let topic = Setting("kafka-topic", .text("TOPIC"), .standard("raw"), help: "The topic.")
    static let level = Setting("gzip-level", .integer(0...9), help: "The level.")
    static let wait = Setting("wait", .duration(.zero ... .seconds(3600)), .standard("90s"), help: "How long.")
    static let budget = Setting("budget", .size(1024...(1 << 30)), .standard("160MiB"), help: "How much.")
    static let layout = Setting("layout", .choice(["plain", "hive"]), .standard("plain"), help: "Which folders.")
    static let follow = Setting("follow", .flag, help: "Go on.")
    static let password = Setting("password", .integer(0...9), secret: true, help: "Secret.")
    static let options = Setting(
        "option", environment: "OPTIONS", .text("NAME=VALUE"), repeatable: true, help: "Any | other.")

    static let table = SettingsTable(
        "job run", "Runs the job.",
        [
            SettingsTable.Group("Input", [brokers, topic, options]),
            SettingsTable.Group("Output", [level, wait, budget, layout, follow, password]),
        ])

    enum Layout: String, CaseIterable { case plain, hive }

    static func reader(_ arguments: String..., environment: [String: String] = [:]) -> SettingsReader {
        SettingsReader(table, arguments: arguments, environment: environment)
    }
}

struct SettingsReaderTests {
    @Test func flagWinsOverEnvironmentWhichWinsOverDefault() throws {
        let environment = ["KAFKA_TOPIC": "from-environment", "WAIT": "1m"]
        var reader = Sample.reader("--kafka-topic", "from-flag", environment: environment)
        #expect(reader.text(Sample.topic) == "from-flag")
        #expect(reader.duration(Sample.wait) == .seconds(60))
        #expect(reader.size(Sample.budget) == 160 << 20)
        try reader.finish()
    }

    @Test func emptyVariableIsNotSet() throws {
        var reader = Sample.reader(environment: ["KAFKA_TOPIC": "", "GZIP_LEVEL": ""])
        #expect(reader.text(Sample.topic) == "raw")
        #expect(reader.optionalInteger(Sample.level) == nil)
        #expect(!reader.isGiven(Sample.topic))
        try reader.finish()
    }

    @Test func bothSpellingsOfAFlag() throws {
        var reader = Sample.reader("--gzip-level=3", "--kafka-topic", "-odd", "--kafka-brokers=a=b:1")
        #expect(reader.optionalInteger(Sample.level) == 3)
        #expect(reader.text(Sample.topic) == "-odd")
        #expect(reader.text(Sample.brokers) == "a=b:1")
        try reader.finish()
    }

    @Test(arguments: [
        ("true", true), ("1", true), ("YES", true), ("on", true), ("false", false), ("0", false), ("no", false),
    ])
    func flagValues(text: String, expected: Bool) throws {
        var byVariable = Sample.reader(environment: ["FOLLOW": text])
        var byFlag = Sample.reader("--follow=\(text)")
        #expect(byVariable.flag(Sample.follow) == expected)
        #expect(byFlag.flag(Sample.follow) == expected)
        try byVariable.finish()
        try byFlag.finish()
    }

    @Test func flagTakesNoValueOfItsOwn() {
        var reader = Sample.reader("--follow", "false")
        #expect(reader.flag(Sample.follow) == true)
        #expect(message(of: reader) == "argument 2 is not expected: settings are given as --name value")
    }

    @Test func choiceIgnoresCase() throws {
        var reader = Sample.reader("--layout", "HIVE")
        #expect(reader.choice(Sample.layout, else: Sample.Layout.plain) == .hive)
        try reader.finish()
    }

    @Test func listOfFlagsOrOfOneVariable() {
        let environment = ["OPTIONS": #"a=1, b=2\,3 ,,c=\\d"#]
        #expect(Sample.reader(environment: environment).list(Sample.options) == ["a=1", "b=2,3", #"c=\d"#])
        let flags = Sample.reader("--option", "x=1,2", "--option=y=2", environment: environment)
        #expect(flags.list(Sample.options) == ["x=1,2", "y=2"])
        #expect(Sample.reader().list(Sample.options).isEmpty)
    }

    @Test func everyProblemIsReportedAtOnce() {
        var reader = Sample.reader(
            "--kafka-broker", "a:1", "--gzip-level", "12", "--layout=tree", "--password=hunter2", "stray", "--budget",
            environment: ["WAIT": "soon", "KAFKA_TOPIC": "x"])
        _ = reader.text(Sample.brokers)
        _ = reader.text(Sample.topic)
        _ = reader.optionalInteger(Sample.level)
        _ = reader.duration(Sample.wait)
        _ = reader.size(Sample.budget)
        _ = reader.choice(Sample.layout, else: Sample.Layout.plain)
        _ = reader.optionalInteger(Sample.password)
        #expect(
            message(of: reader) == """
                8 settings are wrong ('job run --help' lists every setting):
                  --kafka-broker is not a setting of this command; did you mean --kafka-brokers?
                  argument 7 is not expected: settings are given as --name value
                  --budget needs a value: a size such as 64MiB or 8MB, from 1KiB to 1GiB
                  --kafka-brokers (KAFKA_BROKERS) is required: HOST:PORT,…
                  --gzip-level is '12'; expected a whole number from 0 to 9
                  WAIT is 'soon'; expected a duration such as 500ms, 90s, 10m or 1h30m, from 0s to 1h
                  --layout is 'tree'; expected one of plain, hive
                  --password has a wrong value; expected a whole number from 0 to 9
                """)
    }

    @Test func oneProblemIsOneLine() {
        var reader = Sample.reader("--gzip-level", "-1")
        _ = reader.optionalInteger(Sample.level)
        #expect(throws: Failure(.usage, "--gzip-level is '-1'; expected a whole number from 0 to 9", remedy: help)) {
            try reader.finish()
        }
    }

    @Test func repeatedFlagIsAProblemUnlessItMayRepeat() {
        #expect(message(of: Sample.reader("--option=a", "--option=b")) == nil)
        #expect(
            message(of: Sample.reader("--wait=1s", "--gzip-level=1", "--wait=2s", "--gzip-level=2", "--gzip-level=3"))
                == """
                2 settings are wrong (\(help)):
                  --gzip-level is given 3 times; expected once
                  --wait is given 2 times; expected once
                """)
    }

    @Test func unknownFlagWithoutANearName() {
        #expect(message(of: Sample.reader("--zzzzzz=1")) == "--zzzzzz is not a setting of this command")
        // The value that follows belongs to the unknown flag.
        #expect(
            message(of: Sample.reader("--gzip-levl", "3"))
                == "--gzip-levl is not a setting of this command; did you mean --gzip-level?")
    }

    @Test func secretsAreNotShownWhateverWasTyped() throws {
        let secret = Setting("password", .text("PASSWORD"), secret: true, help: "Secret.")
        let table = SettingsTable("job run", "Runs.", [SettingsTable.Group("All", [secret, Sample.follow])])
        for arguments in [
            ["-password", "hunter2"], ["--pasword", "hunter2"], ["--pasword=hunter2"], ["-p=hunter2"],
            ["--password", "hunter", "hunter2"], ["--password=a", "--password=hunter2"],
        ] {
            var reader = SettingsReader(table, arguments: arguments, environment: [:])
            _ = reader.text(secret)
            let text = try #require(self.message(of: reader), "\(arguments)")
            #expect(!text.contains("hunter"))
        }
        var reader = SettingsReader(table, arguments: ["--password", "--hunter2", "--follow"], environment: [:])
        #expect(reader.text(secret) == "--hunter2")
        try reader.finish()
    }

    @Test func whatWasTypedCannotMoveTheCursor() {
        var reader = Sample.reader("--gzip-level", "\u{1B}[2J" + String(repeating: "9", count: 300))
        _ = reader.optionalInteger(Sample.level)
        let shown = "\u{FFFD}[2J" + String(repeating: "9", count: 96) + "…"
        #expect(message(of: reader) == "--gzip-level is '\(shown)'; expected a whole number from 0 to 9")
    }

    @Test func helpNamesEverything() {
        let help = Sample.table.help
        for setting in Sample.table.settings {
            #expect(help.contains("  \(setting.flag)"))
            #expect(help.contains("[\(setting.environment)]"))
        }
        #expect(help.contains("  --wait DURATION   [WAIT]\n      How long. Default: 90s."))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 110 })
    }

    @Test func markdownIsATableForEachGroup() {
        #expect(
            Sample.table.markdown.hasPrefix(
                """
                ### Input

                | Flag | Environment | Default | Meaning |
                |---|---|---|---|
                | `--kafka-brokers HOST:PORT,…` | `KAFKA_BROKERS` | required | Brokers. |
                | `--kafka-topic TOPIC` | `KAFKA_TOPIC` | `raw` | The topic. |
                | `--option NAME=VALUE` | `OPTIONS` |  | Any \\| other. |

                ### Output

                """))
        #expect(Sample.table.markdown.contains("| `--layout plain\\|hive` | `LAYOUT` | `plain` | Which folders. |"))
    }

    private let help = "'job run --help' lists every setting"

    /// Without the remedy; nil when nothing is wrong.
    private func message(of reader: SettingsReader) -> String? {
        do {
            try reader.finish()
            return nil
        } catch {
            return error.message
        }
    }
}
