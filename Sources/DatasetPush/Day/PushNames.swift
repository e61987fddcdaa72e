package import Interactions
package import Support

/// Where the objects of pushing lie, for one topic. See docs/design.md, "Object layout".
package struct PushNames: Sendable, Equatable {
    package let raw: ObjectNames

    package init(raw: ObjectNames) { self.raw = raw }

    package var taggedRoot: String { "tagged/\(raw.topic)/" }

    package func taggedFolder(of date: CivilDate) -> String {
        taggedRoot + raw.folder(of: date.description).dropFirst(raw.root.count)
    }

    /// nil for a folder that is no day's.
    package func date(ofTaggedFolder folder: String) -> CivilDate? {
        guard folder.hasPrefix(taggedRoot) else { return nil }
        return raw.date(fromFolder: raw.root + folder.dropFirst(taggedRoot.count))
    }

    /// What the name of a tagged file says; nil for any other object.
    package func parse(tagged name: String) -> FileName? {
        guard name.hasPrefix(taggedRoot) else { return nil }
        let parsed = raw.parse(file: raw.root + name.dropFirst(taggedRoot.count))
        return parsed?.kind == .deadLetter ? nil : parsed
    }

    /// As verdicts and rows name a raw file: `13-p00000-…`, in every layout.
    package func stem(of file: FileName) -> String {
        let plain = ObjectNames(topic: raw.topic, layout: .plain)
        let name = plain.file(file.kind, hour: file.hour, partition: file.partition, range: file.range)
        return String(name.dropFirst(plain.folder(of: file.hour.date).count).dropLast(".jsonl.gz".count))
    }

    /// The judge's own state.
    package func judging(of date: CivilDate) -> String { "judge/\(raw.topic)/\(date)/state.json" }
    package func verdicts(of date: CivilDate) -> String { "judged/\(raw.topic)/\(date)/verdicts-" }

    private var root: String { "datasets/\(raw.topic)/" }
    package func state(of date: CivilDate) -> String { "\(root)\(date).json" }
    package var lease: String { "\(root)_lease.json" }

    package var deadLetters: String { "datasets/_dead-letter/\(raw.topic)/" }
}
