package import Interactions
package import ObjectStorage
internal import Support

/// A raw file that is to be tagged.
package struct RawFile: Sendable, Equatable {
    package var object: ObjectInfo
    package var name: FileName
}

/// Which raw files are to be tagged, out of what is there. Pure.
///
/// A raw file is done when its tagged file is there, or when tagged files of the same hour and partition hold all of its
/// offsets: then somebody has joined small files into it. If they hold only part of them, tagging it would write records
/// twice: it is left alone, and told. Of raw files that overlap each other and are not tagged, the one that holds the records
/// of all others is tagged: somebody is joining them, and has not removed them yet. If there is none, they are left alone.
package struct WorkList: Sendable, Equatable {
    /// By hour, oldest first.
    package private(set) var files: [RawFile] = []
    package private(set) var done = 0
    /// Raw files that overlap with what is tagged.
    package private(set) var overlapping: [String] = []

    private struct Place: Hashable {
        var hour: Hour
        var partition: Partition
        var kind: FileKind

        init(_ file: FileName) { (hour, partition, kind) = (file.hour, file.partition, file.kind) }
    }

    /// - Parameters:
    ///   - raw: objects below the raw root, of any kind.
    ///   - tagged: the names of the objects below the tagged root.
    package init(raw: [ObjectInfo], tagged: some Sequence<String>, names: TaggedNames) {
        var ranges: [Place: [OffsetRange]] = [:]
        for name in tagged {
            guard let rawName = names.raw(ofTagged: name), let file = names.raw.parse(file: rawName) else { continue }
            ranges[Place(file), default: []].append(file.range)
        }
        var untagged: [Place: [RawFile]] = [:]
        for object in raw {
            guard let file = names.raw.parse(file: object.name), file.kind != .deadLetter else { continue }
            switch coverage(of: file.range, by: ranges[Place(file)] ?? []) {
            case .none: untagged[Place(file), default: []].append(RawFile(object: object, name: file))
            case .whole: done += 1
            case .part: overlapping.append(object.name)
            }
        }
        for group in untagged.values.flatMap(overlappingGroups) { take(group) }
        files.sort { ($0.name.hour, $0.object.name) < ($1.name.hour, $1.object.name) }
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

    /// Leaves out files, by their raw names.
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
