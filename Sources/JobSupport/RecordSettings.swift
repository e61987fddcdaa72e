internal import Bytes
package import Records
package import Support

/// The settings that say where in a record lies what a model is asked about.
package enum RecordSettings {
    static let id = Setting(
        "interaction-id-field", .text("JSON-POINTER"), .standard(RecordFields.idStandard),
        help: "What tells interactions apart.")
    static let input = Setting(
        "input-field", environment: "INPUT_FIELDS", .text("JSON-POINTER"),
        .standard(RecordFields.inputStandard.joined(separator: ",")), repeatable: true,
        help: "Where the input is; the first that a record has.")
    static let output = Setting(
        "output-field", environment: "OUTPUT_FIELDS", .text("JSON-POINTER"),
        .standard(RecordFields.outputStandard.joined(separator: ",")), repeatable: true,
        help: "Where the output is; the first that a record has.")

    package static let settings = [id, input, output]

    /// nil when one of them is wrong.
    package static func read(_ reader: inout SettingsReader) -> RecordFields? {
        let id = reader.optionalValue(id, expected: "a JSON pointer (RFC 6901) such as /id") { JSONPointer($0) }
        let (input, output) = (pointers(input, &reader), pointers(output, &reader))
        return id.map { RecordFields(id: $0, input: input, output: output) }
    }

    private static func pointers(_ setting: Setting, _ reader: inout SettingsReader) -> [JSONPointer] {
        let given = reader.list(setting)
        let pointers = given.compactMap { JSONPointer($0) }
        if pointers.count < given.count || given.isEmpty {
            reader.reject(setting, expected: "JSON pointers (RFC 6901) such as /input")
        }
        return pointers
    }
}
