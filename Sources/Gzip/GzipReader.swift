internal import CZlib

/// Decompresses a gzip stream that comes in pieces of any size.
///
/// Checks every header, checksum and size; takes any number of members. Memory does not depend on the stream.
/// zlib and not ISA-L, since it also checks the header's own checksum and its reserved flags. Not Sendable.
package final class GzipReader {
    /// The most bytes that a piece of output has.
    package static let outputSize = 64 * 1024

    private enum Place { case start, insideMember, betweenMembers }

    // On the heap for good: the library checks that its state points back to where the stream was.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: GzipReader.outputSize, alignment: 64)
    private var place = Place.start
    private var memberStart = 0
    /// Compressed bytes read.
    private var offset = 0

    /// - Throws: `GzipError.outOfMemory`.
    package init() throws(GzipError) {
        stream.initialize(to: z_stream())
        guard czlib_gzip_inflate_init(stream) == Z_OK else { throw .outOfMemory }  // deinit frees
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Decompresses a piece of the stream. Content is given out before the checksum after it is seen: only once
    /// `finish()` returned is it known to be right. After an error the reader is of no use.
    /// - Parameter consume: gets the content in pieces of at most `outputSize` bytes, valid until it returns.
    /// - Throws: `GzipError`, and what `consume` throws.
    package func feed(
        _ bytes: UnsafeRawBufferPointer, into consume: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var rest = bytes
        while !rest.isEmpty {  // zlib counts in 32 bits
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(Int32.max)))
            try inflatePiece(piece, into: consume)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        }
    }

    /// - Throws: `GzipError.truncated` unless the stream ended with a member.
    package func finish() throws(GzipError) {
        guard place == .betweenMembers else { throw .truncated(offset: offset) }
    }

    private func inflatePiece(
        _ piece: UnsafeRawBufferPointer, into consume: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(piece.count)
        defer { stream.pointee.next_in = nil }
        // A full output may mean that zlib holds more, even when all input is taken.
        var isOutputFull = false
        while stream.pointee.avail_in > 0 || isOutputFull {
            if place != .insideMember, stream.pointee.avail_in > 0 { try beginMember() }
            let count = try inflateOnce()
            isOutputFull = count == output.count
            if count > 0 { try consume(UnsafeRawBufferPointer(rebasing: output[..<count])) }
        }
    }

    private func beginMember() throws(GzipError) {
        if place == .betweenMembers {
            guard inflateReset(stream) == Z_OK else { throw .damaged(offset: offset) }
        }
        memberStart = offset
        place = .insideMember
    }

    /// - Returns: how many bytes of `output` are filled.
    private func inflateOnce() throws(GzipError) -> Int {
        stream.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let before = stream.pointee.avail_in
        let status = inflate(stream, Z_NO_FLUSH)
        offset += Int(before - stream.pointee.avail_in)
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: place = .betweenMembers
        case Z_MEM_ERROR: throw .outOfMemory
        default: throw fault
        }
        return output.count - Int(stream.pointee.avail_out)
    }

    /// What is wrong when zlib finds the stream invalid.
    private var fault: GzipError {
        let isNoHeader = offset - memberStart <= 2 && stream.pointee.total_out == 0
        if isNoHeader { return memberStart == 0 ? .notGzip : .trailingGarbage(offset: memberStart) }
        return .damaged(offset: offset)
    }
}
