internal import Records
internal import Support

/// The display name of an input object's job. It is the same for the same requests and model, and so finds a job whose creation
/// was not answered; of other requests it is another.
enum JobName {
    /// Characters, as the service allows.
    private static let longest = 128

    static func text(_ input: DayState.Input, topic: String, date: String, config: String, model: String) -> String {
        let parts = [topic, date, "\(input.number)", "\(input.checksum)", "\(input.bytes)", config, model]
        // After a job that came to nothing as a whole, the next one is another.
        let hash = FramedHash.hex(parts + (input.lostJobs.map { ["\($0)"] } ?? [])).prefix(8)
        let rest = "-\(date)-\(padded(input.number, 5))-\(hash)"
        return "judge-" + topic.prefix(longest - "judge-".count - rest.count) + rest
    }
}

/// The short name of a model, as prices know it: `publishers/google/models/gemini-2.5-flash` is `gemini-2.5-flash`.
func shortModel(_ name: String) -> String { String(name.split(separator: "/").last ?? "") }
