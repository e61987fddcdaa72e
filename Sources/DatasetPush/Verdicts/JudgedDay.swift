internal import Interactions
internal import JobSupport
package import ObjectStorage
internal import Support

/// Where the judge's verdicts on a topic are, which need not be the store of the records.
package struct VerdictSource: Sendable {
    package let store: any ObjectStore
    /// For so many days files wait for the judge.
    package let wait: Int

    package init(store: any ObjectStore, wait: Int) { (self.store, self.wait) = (store, wait) }

    /// What the judge has said of a day.
    func verdicts(_ names: PushNames, of date: CivilDate) async throws(Failure) -> VerdictTable {
        var table = VerdictTable()
        for object in try await store.list(prefix: names.verdicts(of: date), from: nil, delimiter: nil).objects
        where object.name.hasSuffix(".jsonl.gz") {
            var lines = StoredLines(object, in: store)
            while let batch = try await lines.next() { batch.forEach { table.add($0) } }
        }
        return table
    }

    /// What the judge has begun with; nil: it does not know the day.
    func judging(_ names: PushNames, of date: CivilDate) async throws(Failure) -> JudgedDay? {
        let name = names.judging(of: date)
        guard let found = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
        return try ObjectCoding.decode(
            JudgedDay.self, found.bytes, what: "state of a day's judging", location: "\(store.location)/\(name)",
            version: JudgedDay.knownVersion)
    }
}

/// What of the judge's state of a day matters here: which files it has seen, and whether their verdicts are all there.
struct JudgedDay: Codable {
    static let knownVersion = 1

    struct Round: Codable {
        /// Raw or tagged files, by the names of their objects.
        var files: [String]
    }

    var version: Int
    var rounds: [Round]
    var isReported: Bool

    /// The stems of the files on which there will be no more verdicts.
    func finished(_ names: PushNames) -> Set<String> {
        guard isReported else { return [] }
        return Set(
            rounds.lazy.flatMap(\.files).compactMap { name in
                (names.raw.parse(file: name) ?? names.parse(tagged: name)).map(names.stem)
            })
    }
}
