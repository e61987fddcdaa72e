internal import CISAL

/// Decompresses a gzip stream that comes in pieces of any size.
///
/// Checks every header, checksum and size; takes any number of members. Memory does not depend on the stream.
/// ISA-L takes a third of zlib's time; what it overlooks in a header, or sees late, is looked at here. Not Sendable.
package final class GzipReader {
    /// The most bytes that a piece of output has. What fits in one is not copied inside the library.
    package static let outputSize = 256 * 1024

    private enum Place { case start, insideHeader, insideMember, betweenMembers }

    // On the heap for good: the library's state is large, and pointers to it are kept.
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    private let header = UnsafeMutablePointer<isal_gzip_header>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: GzipReader.outputSize, alignment: 64)
    private var place = Place.start
    private var memberStart = 0
    /// Compressed bytes read.
    private var offset = 0

    package init() { isal_inflate_init(state) }

    deinit {
        state.deallocate()
        header.deallocate()
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
        while !rest.isEmpty {  // the library counts in 32 bits
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
        state.pointee.next_in = UnsafeMutablePointer(mutating: piece.assumingMemoryBound(to: UInt8.self).baseAddress)
        state.pointee.avail_in = UInt32(piece.count)
        defer { state.pointee.next_in = nil }
        // A full output may mean that the library holds more, even when all input is taken.
        var isOutputFull = false
        while state.pointee.avail_in > 0 || isOutputFull {
            if place != .insideMember, state.pointee.avail_in > 0 {
                try readHeader()
                continue
            }
            let count = try inflateOnce()
            isOutputFull = count == output.count
            if count > 0 { try consume(UnsafeRawBufferPointer(rebasing: output[..<count])) }
        }
    }

    /// A header, or what there is of it.
    private func readHeader() throws(GzipError) {
        if place != .insideHeader {
            memberStart = offset
            place = .insideHeader
            isal_inflate_reset(state)
            isal_gzip_header_init(header)
        }
        try checkStart()
        let before = state.pointee.avail_in
        let status = isal_read_gzip_header(state, header)
        offset += Int(before - state.pointee.avail_in)
        switch status {
        case ISAL_END_INPUT: break
        case ISAL_DECOMP_OK:
            state.pointee.crc_flag = UInt32(ISAL_GZIP_NO_HDR_VER)
            place = .insideMember
        default: throw fault
        }
    }

    /// The library waits for ten bytes before it looks at the first, and takes reserved flags (RFC 1952, 2.3.1.2).
    private func checkStart() throws(GzipError) {
        let expected: [(UInt8) -> Bool] = [{ $0 == 0x1F }, { $0 == 0x8B }, { $0 == 8 }, { $0 & 0xE0 == 0 }]
        guard let bytes = state.pointee.next_in else { return }
        let first = offset - memberStart
        for (index, isRight) in expected.dropFirst(first).prefix(Int(state.pointee.avail_in)).enumerated() {
            guard isRight(bytes[index]) else {
                offset += index + 1
                throw fault
            }
        }
    }

    /// - Returns: how many bytes of `output` are filled.
    private func inflateOnce() throws(GzipError) -> Int {
        state.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
        state.pointee.avail_out = UInt32(output.count)
        let before = state.pointee.avail_in
        let status = isal_inflate(state)
        let taken = Int(before - state.pointee.avail_in)
        offset += taken
        let count = output.count - Int(state.pointee.avail_out)
        guard status == ISAL_DECOMP_OK else { throw fault }
        if state.pointee.block_state == ISAL_BLOCK_FINISH {
            place = .betweenMembers
        } else if taken == 0, count == 0, before > 0 {
            throw fault  // it would go on for ever
        }
        return count
    }

    private var fault: GzipError {
        guard offset - memberStart <= 2 else { return .damaged(offset: offset) }
        return memberStart == 0 ? .notGzip : .trailingGarbage(offset: memberStart)
    }
}
