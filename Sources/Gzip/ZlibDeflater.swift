internal import Bytes
internal import CZlib

final class ZlibDeflater: Deflater {
    // On the heap for good: the library checks that its state points back to where the stream was.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    init(level: Int) throws(GzipError) {
        stream.initialize(to: z_stream())
        guard czlib_gzip_deflate_init(stream, Int32(level)) == Z_OK else { throw .outOfMemory }  // deinit frees
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func appendMember(of raw: UnsafeRawBufferPointer, to rope: RopeWriter) throws(GzipError) {
        var status = deflateReset(stream)
        guard status == Z_OK else { throw .refused(status) }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: raw.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(raw.count)
        repeat {
            try rope.fill { free throws(GzipError) in
                stream.pointee.next_out = free.assumingMemoryBound(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(clamping: free.count)
                let offered = stream.pointee.avail_out
                status = deflate(stream, Z_FINISH)
                guard status == Z_OK || status == Z_STREAM_END else { throw .refused(status) }
                return Int(offered - stream.pointee.avail_out)
            }
        } while status != Z_STREAM_END
    }
}
