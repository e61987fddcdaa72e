package import Bytes
package import Support

/// How an upload ended.
package enum UploadOutcome: Sendable, Equatable {
    case written(ObjectInfo)
    /// The name has another generation than was expected; that object, if it is still there.
    case taken(ObjectInfo?)
}

/// An object that is written piece by piece, for contents that shall not be in memory whole. There is nothing to see of it before
/// `finish`. One caller at a time; after an error nothing but `cancel` makes sense.
///
/// A piece is sent on as it comes, so it should be large: blocks of 64 KiB rather than lines.
package protocol ObjectUpload: Sendable {
    func append(_ content: ByteRope) async throws(Failure)

    /// Whole or not at all; atomic and durable. Where the name was to be free: `written`, too, when it holds exactly this content.
    func finish() async throws(Failure) -> UploadOutcome

    /// Leaves nothing. Not needed after `finish` returned. Also for tasks that are cancelled.
    func cancel() async
}
