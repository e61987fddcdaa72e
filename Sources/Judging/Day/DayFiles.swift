package import Interactions
package import JobSupport
package import ObjectStorage
internal import Support

/// What is stored of one day: its files, and which of its hours are sealed. Pure.
package struct DayFiles: Sendable, Equatable {
    /// On time and late.
    package var files: [RawFile]
    package var sealedHours: Set<Int>
    /// With files, dead letters left out.
    package var hoursWithFiles: Set<Int>
    /// A pattern leaves out some of the files.
    package var isRestricted = false

    /// - Parameter objects: all below the day's raw folder.
    package init(_ objects: [ObjectInfo], _ names: ObjectNames, date: String) {
        var files: [RawFile] = []
        for object in objects {
            guard let name = names.parse(file: object.name), name.kind != .deadLetter, name.hour.date == date else {
                continue
            }
            files.append(RawFile(object: object, name: name))
        }
        let there = Set(objects.lazy.map(\.name))
        sealedHours = Set(
            (0..<24).filter { hour in
                Hour(date: date, hourOfDay: hour).map { there.contains(names.manifest(of: $0)) } ?? false
            })
        self.files = files
        hoursWithFiles = Set(files.lazy.map(\.name.hour.hourOfDay))
    }

    /// Leaves the files that a pattern asks for. If those are tagged ones, an hour is only sealed once all of its raw files are
    /// tagged.
    /// - Parameter tagged: all objects below the day's tagged folder; none is needed for raw files.
    package mutating func restrict(to pattern: InputPattern, tagged: [ObjectInfo], _ names: ObjectNames) {
        guard pattern.root == .tagged else {
            let count = files.count
            files.removeAll { !pattern.matches($0.object.name) }
            isRestricted = files.count < count
            return
        }
        let known = Dictionary(files.map { ($0.object.name, $0.name) }, uniquingKeysWith: { first, _ in first })
        let found = tagged.compactMap { object in
            names.parse(file: pattern.rawName(object.name)).map { RawFile(object: object, name: $0) }
        }
        let done = Set(found.map { pattern.rawName($0.object.name) })
        for (raw, name) in known where !done.contains(raw) { sealedHours.remove(name.hour.hourOfDay) }
        files = found.filter { pattern.matches($0.object.name) }
        isRestricted = files.count < known.count
    }
}

extension Completeness {
    /// - Parameters:
    ///   - progress: of all partitions of the topic.
    ///   - isAllowed: whether missing hours are no obstacle.
    package init(_ day: DayFiles, progress: [Progress], date: String, isAllowed: Bool) {
        self.init(sealedHours: day.sealedHours.sorted(), missing: [], isAllowed: isAllowed)
        for hourOfDay in 0..<24 where !day.sealedHours.contains(hourOfDay) {
            guard let hour = Hour(date: date, hourOfDay: hourOfDay) else { continue }
            let open = progress.filter { $0.closedBefore.map { hour < $0 } != true }
            // Nothing was stored, and nothing can come: before the topic's first hour nobody seals.
            if open.isEmpty, !progress.isEmpty, !day.hoursWithFiles.contains(hourOfDay) { continue }
            missing.append(MissingHour(hour: hourOfDay, partitions: open.map { Int($0.partition.number) }.sorted()))
        }
    }
}
