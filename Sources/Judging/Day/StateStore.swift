internal import Bytes
internal import Interactions
package import ObjectStorage
package import Support

/// A day's state, and the generation that it was read or written in; nil: there is none yet.
package struct OpenDay: Sendable {
    package var state: DayState
    package fileprivate(set) var generation: Int64?

    /// Of a day that has no state.
    package init(_ state: DayState) { self.state = state }
}

/// Reads and writes the states of days. A state is only put in place of the one that was read.
package struct StateStore: Sendable {
    package let store: any ObjectStore

    package init(_ store: any ObjectStore) { self.store = store }

    package func read(_ topic: String, _ date: String) async throws(Failure) -> OpenDay? {
        let name = JudgeNames(topic: topic).state(of: date)
        guard let found = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
        let state = try ObjectCoding.decode(
            DayState.self, found.bytes, what: "state of a day", location: "\(store.location)/\(name)",
            version: DayState.currentVersion)
        var day = OpenDay(state)
        day.generation = found.info.generation
        return day
    }

    package func write(_ day: inout OpenDay) async throws(Failure) {
        let name = JudgeNames(topic: day.state.topic).state(of: day.state.date)
        let outcome = try await store.replace(
            name, content: ByteRope(ObjectCoding.encode(day.state)), contentType: jsonType, ifGeneration: day.generation
        )
        guard case .replaced(let info) = outcome else {
            throw Failure(
                .conflict, "\(store.location)/\(name) was changed by another run", remedy: "run again")
        }
        day.generation = info.generation
    }

    /// The days of a topic that have a state. A killed run may have left no more than its lease.
    package func dates(_ topic: String, _ range: Range<CivilDate>) async throws(Failure) -> [CivilDate] {
        let names = JudgeNames(topic: topic)
        let start = names.folder(of: range.lowerBound.description)
        var dates: [CivilDate] = []
        for folder in try await store.list(prefix: names.root, from: start, delimiter: "/").prefixes {
            guard let date = CivilDate(folder.dropFirst(names.root.count).dropLast()), range.contains(date) else {
                continue
            }
            if try await store.info(names.state(of: date.description)) != nil { dates.append(date) }
        }
        return dates
    }

    /// The oldest day of a topic that has a state.
    package func firstDate(_ topic: String) async throws(Failure) -> CivilDate? {
        let names = JudgeNames(topic: topic)
        let folders = try await store.list(prefix: names.root, from: nil, delimiter: "/").prefixes
        for date in folders.compactMap({ CivilDate($0.dropFirst(names.root.count).dropLast()) }).sorted()
        where try await store.info(names.state(of: date.description)) != nil {
            return date
        }
        return nil
    }

    package func topics() async throws(Failure) -> [String] {
        try await store.list(prefix: JudgeNames.allTopics, from: nil, delimiter: "/").prefixes.map {
            String($0.dropFirst(JudgeNames.allTopics.count).dropLast())
        }
    }
}
