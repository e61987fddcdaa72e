internal import Records
internal import Support

/// The display name of an input object's job. It is the same for the same requests, model and place, and so finds a job whose
/// creation was not answered; of other requests, and of the same ones in another store, it is another.
enum JobName {
    /// Characters, as the service allows.
    private static let longest = 128

    /// - Parameter store: where the input object is, and where the output goes.
    static func text(
        _ input: DayState.Input, in store: String, topic: String, date: String, config: String, model: String
    ) -> String {
        let parts = [store, topic, date, "\(input.number)", "\(input.checksum)", "\(input.bytes)", config, model]
        // After a job that came to nothing as a whole, the next one is another.
        let hash = FramedHash.hex(parts + (input.lostJobs.map { ["\($0)"] } ?? [])).prefix(8)
        let rest = "-\(date)-\(padded(input.number, 5))-\(hash)"
        return "judge-" + topic.prefix(longest - "judge-".count - rest.count) + rest
    }
}

/// The short name of a model, as prices know it: `publishers/google/models/gemini-2.5-flash` is `gemini-2.5-flash`.
func shortModel(_ name: String) -> String { String(name.split(separator: "/").last ?? "") }
