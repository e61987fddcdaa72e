internal import Interactions
package import JobSupport
package import ObjectStorage

extension WorkList {
    /// The raw files that are to be tagged.
    /// - Parameters:
    ///   - raw: objects below the raw root, of any kind.
    ///   - tagged: the names of the objects below the tagged root.
    package init(raw: [ObjectInfo], tagged: some Sequence<String>, names: TaggedNames) {
        let files = raw.lazy.compactMap { object in
            names.raw.parse(file: object.name).map { RawFile(object: object, name: $0) }
        }
        self.init(files, done: tagged.compactMap { names.raw(ofTagged: $0).flatMap(names.raw.parse(file:)) })
    }
}
