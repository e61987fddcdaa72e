package import Bytes
package import Support

/// What a store knows of one object.
package struct ObjectInfo: Sendable, Equatable {
    package var name: String
    /// Bytes as stored.
    package var size: Int64
    /// Changes with every write of the name; the precondition of `replace`.
    package var generation: Int64
    /// Of the bytes as stored; nil where the store does not know it without reading the object.
    package var crc32c: UInt32?

    package init(name: String, size: Int64, generation: Int64, crc32c: UInt32?) {
        (self.name, self.size, self.generation, self.crc32c) = (name, size, generation, crc32c)
    }
}

/// How `create` ended.
package enum CreateOutcome: Sendable, Equatable {
    /// The object is there with exactly this content: written now, or by an earlier attempt of anyone.
    case created(ObjectInfo)
    /// The name is taken by other content.
    case taken(ObjectInfo)
}

/// How `replace` ended.
package enum ReplaceOutcome: Sendable, Equatable {
    case replaced(ObjectInfo)
    /// Somebody wrote the name since that generation was read.
    case changed
}

/// One answer of `list`.
package struct ObjectListing: Sendable {
    /// In the order of their names' UTF-8 bytes.
    package var objects: [ObjectInfo]
    /// With a delimiter: the distinct prefixes up to and with it.
    package var prefixes: [String]

    package init(objects: [ObjectInfo], prefixes: [String]) {
        (self.objects, self.prefixes) = (objects, prefixes)
    }
}

/// A bucket with a prefix, or a directory. Names are relative to it, use `/`, and never begin with it.
///
/// Every call retries what is transient under its own deadline, so an error that comes out is final: a `Failure` that names
/// the object and the remedy. What one implementation promises all do: `ObjectStoreContract` in the tests.
package protocol ObjectStore: Sendable {
    /// `gs://bucket/prefix` or `file:///directory`, for messages.
    var location: String { get }

    /// Writes an object whole, only if its name is free. Atomic and durable when it returns.
    func create(_ name: String, content: ByteRope, contentType: String) async throws(Failure) -> CreateOutcome

    /// Writes an object whole if its generation is still this one; nil: if the name is free. Atomic and durable.
    func replace(_ name: String, content: ByteRope, contentType: String, ifGeneration generation: Int64?)
        async throws(Failure) -> ReplaceOutcome

    /// Begins to write an object piece by piece: if its generation is still this one when all is there; nil: if the name is
    /// free, or holds this content.
    func upload(_ name: String, contentType: String, ifGeneration generation: Int64?)
        async throws(Failure) -> any ObjectUpload

    /// Removes an object if its generation is still this one. False: it is another one's by now. That it is not there is as
    /// good as removed.
    func remove(_ name: String, ifGeneration generation: Int64) async throws(Failure) -> Bool

    /// The object's bytes; nil when there is none. For small objects: more than `limit` bytes is an error.
    func read(_ name: String, limit: Int) async throws(Failure) -> (info: ObjectInfo, bytes: [UInt8])?

    /// Part of an object, pinned to one generation; shorter at its end; nil when there is no such generation.
    func read(_ object: ObjectInfo, range: Range<Int64>) async throws(Failure) -> [UInt8]?

    /// What is known of an object; nil when there is none.
    func info(_ name: String) async throws(Failure) -> ObjectInfo?

    /// All objects whose name begins with `prefix` and is not before `start`. Strongly consistent. With `delimiter`, names
    /// that hold it after the prefix are folded into `prefixes`.
    func list(prefix: String, from start: String?, delimiter: Character?) async throws(Failure) -> ObjectListing

    /// The store's own clock, within a second.
    func now() async throws(Failure) -> Milliseconds
}
