package import Interactions
package import Support

/// Where the objects of tagging lie, for one topic and one way of tagging. See docs/design.md, "Object layout".
package struct TaggedNames: Sendable, Equatable {
    package let raw: ObjectNames
    /// The hash of all that an answer depends on: model, prompt, taxonomy, shortening.
    package let config: String
    /// Tagged anew, beside what is there: below a root of its own.
    package let isRetag: Bool

    package init(raw: ObjectNames, config: String, isRetag: Bool) {
        (self.raw, self.config, self.isRetag) = (raw, config, isRetag)
    }

    /// Where tagged files lie. Each such root holds every record once.
    package var root: String { isRetag ? "retagged/\(config)/\(raw.topic)/" : shared }
    private var shared: String { "tagged/\(raw.topic)/" }

    /// The tagged file of a raw one.
    package func tagged(_ rawName: String) -> String { root + rest(rawName) }

    /// What is known of a tagged file.
    package func record(_ rawName: String) -> String { "\(root)_files/\(stem(rawName)).json" }

    /// Who is at work on a raw file.
    package func lease(_ rawName: String) -> String { "\(leases)\(stem(rawName)).json" }

    package var leases: String { "\(root)_leases/" }

    /// Answers by content, of every run.
    package var answers: String { "\(shared)_answers/\(config)/" }

    /// The answers of the runs of that day.
    package func answers(on time: Milliseconds) -> String { "\(answers)\(Hour(containing: time).date)/" }

    /// Message Batches that were submitted and not collected yet.
    package var batches: String { "\(allBatches)\(config)/" }

    /// Also those of other ways of tagging.
    package var allBatches: String { "\(root)_batches/" }

    /// The raw file of a tagged one; nil for any other object.
    package func raw(ofTagged name: String) -> String? {
        guard name.hasPrefix(root) else { return nil }
        let rawName = raw.root + name.dropFirst(root.count)
        return raw.parse(file: rawName) == nil ? nil : rawName
    }

    private func rest(_ rawName: String) -> Substring { rawName.dropFirst(raw.root.count) }
    private func stem(_ rawName: String) -> Substring { rest(rawName).dropLast(".jsonl.gz".count) }
}
