package import Interactions
package import ObjectStorage
internal import Support

/// A stored file whose records are judged.
package struct JudgedFile: Sendable, Equatable {
    package var object: ObjectInfo
    package var name: FileName

    package init(object: ObjectInfo, name: FileName) { (self.object, self.name) = (object, name) }

    /// What tells it apart from the other files of its day, in labels and verdicts: its name as the plain layout has it, without
    /// folder and extension, whatever the layout is.
    package var stem: String {
        let late = name.kind == .late ? "late-" : ""
        return
            "\(padded(name.hour.hourOfDay, 2))-\(late)\(name.partition)-\(padded(name.range.start, 20))-\(padded(name.range.end, 20))"
    }
}
