internal import Bytes
internal import CISAL

/// ISA-L's igzip.
final class IsalDeflater: Deflater {
    // On the heap for good: the library keeps pointers into its state.
    private let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
    private let levelBuffer: UnsafeMutableBufferPointer<UInt8>
    // igzip ends deflate blocks where the output is full, so output of one size, whatever is free in the rope's block,
    // is what makes the same member of the same bytes.
    private let output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 * 1024)

    init(level: Int) {
        levelBuffer = .allocate(capacity: Int(cisal_level_buffer_size(UInt32(level))))
        isal_deflate_init(stream)
        stream.pointee.level = UInt32(level)
        stream.pointee.level_buf = levelBuffer.baseAddress
        stream.pointee.level_buf_size = UInt32(levelBuffer.count)
        stream.pointee.flush = UInt16(NO_FLUSH)
    }

    deinit {
        stream.deallocate()
        levelBuffer.deallocate()
        output.deallocate()
    }

    func appendMember(of raw: UnsafeRawBufferPointer, to rope: RopeWriter) throws(GzipError) {
        isal_deflate_reset(stream)
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)  // the library clears it once the header is written
        stream.pointee.next_in = UnsafeMutablePointer(mutating: raw.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(raw.count)
        stream.pointee.end_of_stream = 1
        repeat {
            stream.pointee.next_out = output.baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            let status = isal_deflate(stream)
            guard status == COMP_OK else { throw .refused(status) }
            rope.append(
                UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: output.dropLast(Int(stream.pointee.avail_out)))))
        } while cisal_is_finished(stream) == 0
    }
}
