package import Interactions
internal import JobSupport
package import ObjectStorage
package import Support

/// A day that a run looks at.
package struct DayPlace: Sendable, Hashable {
    package var topic: String
    package var date: String
    /// It is asked for; others are looked at because something is stored, or known, of them.
    package var isChosen: Bool
}

/// Finds out which days there are, and what is stored of them.
package struct DayFinder: Sendable {
    /// Of the loader's files.
    package let input: any ObjectStore
    package let states: StateStore
    package let layout: PartitionLayout
    package let limits: JudgeLimits

    package init(input: any ObjectStore, states: StateStore, layout: PartitionLayout, limits: JudgeLimits) {
        (self.input, self.states, self.layout, self.limits) = (input, states, layout, limits)
    }

    // MARK: Days

    /// By topic and date.
    package func days() async throws(Failure) -> [DayPlace] {
        var places: Set<DayPlace> = []
        switch limits.days {
        case .pattern(let pattern):
            let objects = try await pattern.objects(in: input)
            for day in pattern.days(objects, layout) where limits.topic.map({ $0 == day.topic }) ?? true {
                places.insert(DayPlace(topic: day.topic, date: day.date, isChosen: true))
            }
            guard !places.isEmpty else {
                throw Failure(
                    .noInput, "\(pattern) matches no file that the loader or its tagging wrote",
                    remedy: "expected names such as raw/TOPIC/DATE/HH-p….jsonl.gz")
            }
        case .dates(let dates):
            for topic in try await topics() {
                for day in dates {
                    let date = CivilDate(daysSince1970: day).description
                    places.insert(DayPlace(topic: topic, date: date, isChosen: true))
                }
            }
        case .yesterday(let yesterday, let lookback):
            let before = yesterday.advanced(by: -Int64(lookback))..<yesterday
            for topic in try await topics() {
                places.insert(DayPlace(topic: topic, date: yesterday.description, isChosen: true))
                // Also days that no run has come to: it was not started, or their hours were not sealed then.
                for date in try await storedDates(topic, before) + states.dates(topic, before) {
                    places.insert(DayPlace(topic: topic, date: date.description, isChosen: false))
                }
            }
        }
        return places.sorted { ($0.topic, $0.date) < ($1.topic, $1.date) }
    }

    /// Days that are not done, and so long ago that a run without a date does not look at them any more: of the month before
    /// those that it looks at. Also days that no run has come to, unless they are older than all that was ever judged.
    package func leftBehind() async throws(Failure) -> [DayPlace] {
        guard case .yesterday(let yesterday, let lookback) = limits.days else { return [] }
        let end = yesterday.advanced(by: -Int64(lookback))
        let month = end.advanced(by: -31)..<end
        var places: [DayPlace] = []
        for topic in try await topics() {
            guard let first = try await states.firstDate(topic) else { continue }
            let known = try await states.dates(topic, month)
            let stored = try await storedDates(topic, month).filter { $0 > first }
            for date in Set(known + stored).sorted() where try await isLeft(topic, date) {
                places.append(DayPlace(topic: topic, date: date.description, isChosen: false))
            }
        }
        return places
    }

    private func isLeft(_ topic: String, _ date: CivilDate) async throws(Failure) -> Bool {
        do throws(Failure) {
            guard let day = try await states.read(topic, date.description) else { return true }
            return day.state.rounds.isEmpty || day.state.isPending
        } catch  where error.status == .protocolError {
            // Nobody knows whether it is done: that is told as well, and keeps no other day back.
            return true
        }
    }

    /// Those of which the loader has stored something; none for a command that puts nothing together.
    private func storedDates(_ topic: String, _ range: Range<CivilDate>) async throws(Failure) -> [CivilDate] {
        guard limits.steps.contains(.assemble) else { return [] }
        let names = ObjectNames(topic: topic, layout: layout)
        let start = names.folder(of: range.lowerBound.description)
        let folders = try await input.list(prefix: names.root, from: start, delimiter: "/").prefixes
        return folders.compactMap { names.date(fromFolder: $0) }.filter(range.contains)
    }

    private func topics() async throws(Failure) -> [String] {
        guard limits.steps.contains(.assemble) else { return try await assembledTopics() }
        if let topic = limits.topic {
            try await ObjectNames(topic: topic, layout: layout).requireStored(in: input)
            return [topic]
        }
        let root = "raw/"
        var topics: [String] = []
        for folder in try await input.list(prefix: root, from: nil, delimiter: "/").prefixes {
            let topic = String(folder.dropFirst(root.count).dropLast())
            do throws(Failure) {
                try await ObjectNames(topic: topic, layout: layout).requireStored(in: input)
                topics.append(topic)
            } catch  where error.status == .noInput {
                // Somebody else's folder.
            }
        }
        guard !topics.isEmpty else {
            throw Failure(
                .noInput,
                "no topic is stored below \(input.location)/\(root) with --partition-layout \(layout.rawValue)",
                remedy: "name the store that the loader writes to, and its layout")
        }
        return topics
    }

    private func assembledTopics() async throws(Failure) -> [String] {
        if let topic = limits.topic { return [topic] }
        let topics = try await states.topics()
        guard !topics.isEmpty else {
            throw Failure(
                .noInput, "nothing was assembled in \(states.store.location)",
                remedy: "name the store of batch-judge assemble")
        }
        return topics
    }

    // MARK: One day

    package func files(of day: DayPlace) async throws(Failure) -> DayFiles {
        let names = ObjectNames(topic: day.topic, layout: layout)
        let folder = names.folder(of: day.date)
        let raw = try await input.list(prefix: folder, from: nil, delimiter: nil).objects
        var files = DayFiles(raw, names, date: day.date)
        guard case .pattern(let pattern) = limits.days else { return files }
        var tagged: [ObjectInfo] = []
        if pattern.root == .tagged {
            let prefix = "tagged/" + folder.dropFirst("raw/".count)
            tagged = try await input.list(prefix: prefix, from: nil, delimiter: nil).objects
        }
        files.restrict(to: pattern, tagged: tagged, names)
        return files
    }

    package func completeness(of day: DayPlace, _ files: DayFiles) async throws(Failure) -> Completeness {
        let names = ObjectNames(topic: day.topic, layout: layout)
        var progress: [Progress] = []
        if files.sealedHours.count < 24 {
            let objects = try await input.list(prefix: names.allProgress, from: nil, delimiter: nil).objects
            let parts = objects.filter {
                Partition($0.name.dropFirst(names.allProgress.count).dropLast(".json".count)) != nil
            }
            progress = try await concurrently(parts, limit: limits.readsAtOnce) { [self] (object) throws(Failure) in
                try await read(Progress.self, object.name, what: "progress", version: Progress.currentVersion)
            }.compactMap { $0 }
            // What a former life of the topic has left says nothing about today's.
            let epoch = progress.map(\.partition.epoch).max()
            progress.removeAll { $0.partition.epoch != epoch }
        }
        return Completeness(files, progress: progress, date: day.date, isAllowed: limits.allowsIncomplete)
    }

    /// What the manifests count, on time and late; nil when no hour is sealed.
    package func recordsInManifests(of day: DayPlace, _ files: DayFiles) async throws(Failure) -> Int? {
        let names = ObjectNames(topic: day.topic, layout: layout)
        let hours = files.sealedHours.sorted().compactMap { Hour(date: day.date, hourOfDay: $0) }
        let manifests = try await concurrently(hours, limit: limits.readsAtOnce) { [self] (hour) throws(Failure) in
            try await read(
                HourManifest.self, names.manifest(of: hour), what: "manifest", version: HourManifest.currentVersion)
        }.compactMap { $0 }
        return manifests.isEmpty ? nil : manifests.map(\.records).reduce(0, +)
    }

    private func read<Value: Decodable & Sendable>(
        _ type: Value.Type, _ name: String, what: String, version: Int
    ) async throws(Failure) -> Value? {
        guard let found = try await input.read(name, limit: ObjectCoding.sizeLimit) else { return nil }
        return try ObjectCoding.decode(
            type, found.bytes, what: what, location: "\(input.location)/\(name)", version: version)
    }
}
