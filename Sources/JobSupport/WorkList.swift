package import Interactions
package import ObjectStorage
internal import Support

/// A stored file with the records of one hour and partition.
package struct RawFile: Sendable, Equatable {
    package var object: ObjectInfo
    package var name: FileName

    package init(object: ObjectInfo, name: FileName) { (self.object, self.name) = (object, name) }
}

/// With which files there is work to do, out of what is there. Pure.
///
/// A file is done when files of the same hour and partition that are done hold all of its offsets: itself, or small ones that
/// somebody has joined into it. If they hold only part of them, its work would be done twice for some records: it is left alone,
/// and told. Of files that overlap each other and are not done, the one that holds the records of all others is taken: somebody
/// is joining them, and has not removed them yet. If there is none, they are left alone.
package struct WorkList: Sendable, Equatable {
    /// By hour, oldest first.
    package private(set) var files: [RawFile] = []
    package private(set) var done = 0
    /// Files that overlap with what is done.
    package private(set) var overlapping: [String] = []

    private struct Place: Hashable {
        var hour: Hour
        var partition: Partition
        var kind: FileKind

        init(_ file: FileName) { (hour, partition, kind) = (file.hour, file.partition, file.kind) }
    }

    /// - Parameters:
    ///   - files: all that are there; dead letters are left out.
    ///   - done: the names of those whose work is done, there or not.
    package init(_ files: some Sequence<RawFile>, done: some Sequence<FileName>) {
        var ranges: [Place: [OffsetRange]] = [:]
        for file in done { ranges[Place(file), default: []].append(file.range) }
        var left: [Place: [RawFile]] = [:]
        for file in files where file.name.kind != .deadLetter {
            switch coverage(of: file.name.range, by: ranges[Place(file.name)] ?? []) {
            case .none: left[Place(file.name), default: []].append(file)
            case .whole: self.done += 1
            case .part: overlapping.append(file.object.name)
            }
        }
        for group in left.values.flatMap(overlappingGroups) { take(group) }
        self.files.sort { ($0.name.hour, $0.object.name) < ($1.name.hour, $1.object.name) }
        overlapping.sort()
    }

    /// - Parameter group: files that hold a range together, each overlapping with another one.
    private mutating func take(_ group: [RawFile]) {
        let (start, end) = (group.map(\.name.range.start).min(), group.map(\.name.range.end).max())
        if let whole = group.first(where: { $0.name.range.start == start && $0.name.range.end == end }) {
            files.append(whole)
            done += group.count - 1
        } else {
            overlapping += group.map(\.object.name)
        }
    }

    /// Leaves out files, by their names.
    package mutating func leaveOut(_ names: Set<String>) { files.removeAll { names.contains($0.object.name) } }
}

/// Files of one place, those that overlap together.
private func overlappingGroups(_ files: [RawFile]) -> [[RawFile]] {
    var groups: [[RawFile]] = []
    var end = Int64.min
    for file in files.sorted(by: { $0.name.range.start < $1.name.range.start }) {
        if file.name.range.start < end { groups[groups.count - 1].append(file) } else { groups.append([file]) }
        end = max(end, file.name.range.end)
    }
    return groups
}

private enum Coverage { case none, part, whole }

/// How much of a range others hold together.
private func coverage(of range: OffsetRange, by others: [OffsetRange]) -> Coverage {
    var reached = range.start
    var overlaps = false
    for other in others.sorted(by: { $0.start < $1.start }) where other.start < range.end && other.end > range.start {
        overlaps = true
        if other.start <= reached { reached = max(reached, other.end) }
    }
    return reached >= range.end ? .whole : overlaps ? .part : .none
}
