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
/// twice: it is left alone, and told.
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
        for object in raw {
            guard let file = names.raw.parse(file: object.name), file.kind != .deadLetter else { continue }
            switch coverage(of: file.range, by: ranges[Place(file)] ?? []) {
            case .none: files.append(RawFile(object: object, name: file))
            case .whole: done += 1
            case .part: overlapping.append(object.name)
            }
        }
        files.sort { ($0.name.hour, $0.object.name) < ($1.name.hour, $1.object.name) }
        overlapping.sort()
    }

    /// Leaves out files, by their raw names.
    package mutating func leaveOut(_ names: Set<String>) { files.removeAll { names.contains($0.object.name) } }
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
