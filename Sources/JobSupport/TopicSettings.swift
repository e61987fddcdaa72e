package import Interactions
package import Support

/// The settings by which every command finds a topic's objects.
package enum TopicSettings {
    package static let topic = Setting(
        "kafka-topic", .text("TOPIC"), .standard("raw-interactions"), help: "The topic.")
    package static let epoch = Setting(
        "topic-epoch", .integer(0...999_999), .standard("0"),
        help: "Counts how often the topic was deleted and created anew: a higher one begins new chains and file names.")
    package static let layout = Setting(
        "partition-layout", .choice(PartitionLayout.allCases.map(\.rawValue)), .standard("plain"),
        help: "How folders are named. plain: DATE/HH-…; hive: dt=DATE/hour=HH/…, as BigQuery, DuckDB and Spark read it."
    )

    package static func topic(_ reader: inout SettingsReader) -> String {
        let expected = "1 to 249 of the characters a-z A-Z 0-9 . _ - (and not . or ..)"
        return reader.optionalValue(topic, expected: expected) { isTopicName($0) ? $0 : nil } ?? ""
    }

    package static func layout(_ reader: inout SettingsReader) -> PartitionLayout {
        reader.choice(layout, else: .plain)
    }

    /// `Topic.validate` of Kafka's own clients.
    private static func isTopicName(_ name: String) -> Bool {
        (1...249).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
                }
            }
    }
}

extension SettingsReader {
    /// `YYYY-MM-DD`.
    package mutating func date(_ setting: Setting) -> CivilDate? {
        optionalValue(setting, expected: "a date such as 2026-11-20") { CivilDate($0) }
    }
}
