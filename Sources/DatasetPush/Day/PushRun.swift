internal import Bytes
internal import Interactions
internal import JobSupport
package import Logging
package import ObjectStorage
package import Records
package import Support

/// One run over days: to each dataset what it wants of the tagged files that it does not have yet.
package struct PushRun: Sendable {
    package let store: any ObjectStore
    package let names: PushNames
    package let verdicts: VerdictSource
    package let pusher: DatasetPusher
    package let fields: RecordFields
    package let failpoints: Failpoints
    package let wallClock: any WallClock
    package let logger: Logger
    package let isDryRun: Bool
    /// Days that were pushed are pushed again.
    package let isAgain: Bool

    package init(
        store: any ObjectStore, names: PushNames, verdicts: VerdictSource, pusher: DatasetPusher, fields: RecordFields,
        failpoints: Failpoints, wallClock: any WallClock, logger: Logger, isDryRun: Bool, isAgain: Bool
    ) {
        (self.store, self.names, self.verdicts) = (store, names, verdicts)
        (self.pusher, self.fields) = (pusher, fields)
        (self.failpoints, self.wallClock, self.logger) = (failpoints, wallClock, logger)
        (self.isDryRun, self.isAgain) = (isDryRun, isAgain)
    }

    /// - Throws: the first failure, once all was done that could be.
    package func run(_ days: ClosedRange<Int64>, _ report: inout PushReport) async throws(Failure) {
        var unreadable: [Failure] = []
        let there = try await daysThere(days)
        if there.isEmpty {
            logger.notice(
                "nothing is tagged of the days asked for",
                metadata: [
                    "from": "\(CivilDate(daysSince1970: days.lowerBound))",
                    "to": "\(CivilDate(daysSince1970: days.upperBound))",
                ])
        }
        // Not the first day of those looked at: who still waits then is looked at no more.
        let firstWaiting = days.upperBound - Int64(min(verdicts.wait, days.count - 1)) + 1
        for day in there {
            let waits = !isAgain && day >= firstWaiting
            try await push(CivilDate(daysSince1970: day), waits: waits, &unreadable, &report)
        }
        if let failure = unreadable.first { throw failure }
        if let failure = pusher.failures.min(by: { $0.key < $1.key })?.value { throw failure }
    }

    /// Of the days asked for those that have tagged files.
    /// - Throws: `Failure(.noInput)` when no day has: with a name misspelt, there would seem to be nothing to do.
    private func daysThere(_ days: ClosedRange<Int64>) async throws(Failure) -> [Int64] {
        let folders = try await store.list(prefix: names.taggedRoot, from: nil, delimiter: "/").prefixes
        let there = folders.compactMap { names.date(ofTaggedFolder: $0)?.daysSince1970 }
        guard !there.isEmpty else {
            throw Failure(
                .noInput, "nothing of the topic \(names.raw.topic) is tagged in \(store.location)",
                remedy: "check the names of store and topic, and the layout; loader tag is what tags")
        }
        return there.filter(days.contains).sorted()
    }

    private struct TaggedObject {
        var name: FileName
        var object: ObjectInfo
    }

    /// What a day comes to, as far as it is stored.
    private struct DayWork {
        var files: [String: TaggedObject]
        var state: PushState?
        var generation: Int64?
        var plan: DayPlan
        var verdicts: VerdictTable
    }

    /// - Returns: nil when there is nothing to do, or the day waits until what is damaged is mended.
    /// - Parameter waits: for the judge, if it has begun with the day.
    private func work(on date: CivilDate, waits: Bool, _ unreadable: inout [Failure], _ report: inout PushReport)
        async throws(Failure) -> DayWork?
    {
        var files: [String: TaggedObject] = [:]
        for object in try await store.list(prefix: names.taggedFolder(of: date), from: nil, delimiter: nil).objects {
            guard let name = names.parse(tagged: object.name) else { continue }
            files[names.stem(of: name)] = TaggedObject(name: name, object: object)
        }
        do throws(Failure) {
            let (state, generation) = try await readState(of: date)
            var plan = DayPlan(isAgain ? nil : state, files: Array(files.keys), targets: pusher.targets)
            if waits, !plan.newFiles.isEmpty, let judging = try await verdicts.judging(names, of: date) {
                tell(plan.leaveNew(but: judging.finished(names)), of: date, &report)
            }
            if plan.isDone { return nil }
            let table = try await verdicts.verdicts(names, of: date)
            if table.unreadable > 0 {
                logger.warning(
                    "lines of verdicts files are no verdicts; rows go without them",
                    metadata: ["date": "\(date)", "lines": "\(table.unreadable)"])
            }
            return DayWork(files: files, state: state, generation: generation, plan: plan, verdicts: table)
        } catch {
            guard error.status == .protocolError else { throw error }
            logger.error(
                "nothing of a day is pushed: what is stored about it cannot be read",
                metadata: ["date": "\(date)", "error": "\(error)"])
            unreadable.append(error)
            return nil
        }
    }

    private func tell(_ waiting: Int, of date: CivilDate, _ report: inout PushReport) {
        guard waiting > 0 else { return }
        report.filesWaiting += waiting
        logger.notice(
            "files wait for the judge, which has begun with their day; the next run looks again",
            metadata: ["date": "\(date)", "files": "\(waiting)"])
    }

    private func push(_ date: CivilDate, waits: Bool, _ unreadable: inout [Failure], _ report: inout PushReport)
        async throws(Failure)
    {
        guard let work = try await work(on: date, waits: waits, &unreadable, &report) else { return }
        let (files, plan, verdicts) = (work.files, work.plan, work.verdicts)
        var unread: Set<String> = []
        var day = PushReport.Day(date: date.description, verdicts: verdicts.count)
        for (stems, wanting) in [(plan.newFiles, nil), (plan.oldFiles, plan.newTargets)] where !stems.isEmpty {
            var push = RecordPush(pusher, fields: fields, wanting: wanting, logger: logger)
            for stem in stems {
                guard let file = files[stem] else { continue }
                var lines = StoredLines(file.object, in: store)
                do throws(Failure) {
                    try await push.push(
                        &lines, file: stem, hour: file.name.hour.hourOfDay,
                        origin: .interactions(topic: names.raw.topic, date: date.description), verdicts: verdicts)
                    day.files += 1
                } catch {
                    // A damaged file: what it has until there is pushed, and the others are, too.
                    guard error.status == .protocolError, error.object == stem else { throw error }
                    logger.error("a tagged file cannot be read to its end", metadata: ["error": "\(error)"])
                    unreadable.append(error)
                    unread.insert(stem)
                }
            }
            try await push.finish()
            day += push.counts
        }
        report.days.append(day)
        guard !isDryRun else { return }
        failpoints.hit(.beforePushed)
        let done = plan.state(
            after: isAgain ? nil : work.state, topic: names.raw.topic, date: date.description, targets: pusher.targets,
            unread: unread, failed: Set(pusher.failures.keys), at: wallClock.now())
        try await write(done, of: date, over: work.generation)
    }

    // MARK: - State

    private func readState(of date: CivilDate) async throws(Failure) -> (PushState?, generation: Int64?) {
        let name = names.state(of: date)
        guard let found = try await store.read(name, limit: ObjectCoding.sizeLimit) else { return (nil, nil) }
        let state = try ObjectCoding.decode(
            PushState.self, found.bytes, what: "record of what was pushed", location: "\(store.location)/\(name)",
            version: PushState.currentVersion)
        return (state, found.info.generation)
    }

    private func write(_ state: PushState, of date: CivilDate, over generation: Int64?) async throws(Failure) {
        let outcome = try await store.replace(
            names.state(of: date), content: ByteRope(ObjectCoding.encode(state)), contentType: jsonType,
            ifGeneration: generation)
        guard case .replaced = outcome else {
            throw Failure(
                .notDrained, "\(store.location)/\(names.state(of: date)): another run changed it",
                remedy: "run again: what is there is found")
        }
    }
}
