#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#else
    private import Darwin
#endif

/// A growable piece of memory to which bytes are appended. Not for sharing: one thread at a time.
///
/// It grows to what is asked for (at least by half, so that appending stays linear) and gives memory back when told to.
package final class ByteBuffer {
    // No access to these lasts longer than its statement, so the run-time check would only cost time.
    @exclusivity(unchecked) private var start: UnsafeMutableRawPointer?
    @exclusivity(unchecked) package private(set) var count = 0
    @exclusivity(unchecked) package private(set) var capacity = 0

    package init(capacity: Int = 0) { reserve(capacity) }

    deinit { free(start) }

    /// The content; valid until the next change.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// Makes room for `additional` more bytes. Running out of memory ends the process, as everywhere in Swift.
    package func reserve(_ additional: Int) {
        let needed = count + additional
        if needed > capacity { resize(to: max(needed, capacity + capacity / 2)) }
    }

    package func append(_ byte: UInt8) {
        reserve(1)
        start.unsafelyUnwrapped.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    package func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        (start.unsafelyUnwrapped + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    package func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The UTF-8 of a text.
    package func append(text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// A number in decimal digits.
    package func append(decimal number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var length = 1
        var limit: UInt64 = 10
        while length < 19, number.magnitude >= limit {
            limit *= 10
            length += 1
        }
        append(upTo: length) { digits in
            var rest = number.magnitude
            for place in (0..<length).reversed() {
                digits[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            }
            return length
        }
    }

    /// Lets `write` fill up to `limit` bytes behind the content; it returns how many it wrote.
    package func append<E: Error>(
        upTo limit: Int, _ write: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) {
        reserve(limit)
        let written = try write(UnsafeMutableRawBufferPointer(start: start.map { $0 + count }, count: limit))
        precondition((0...limit).contains(written))
        count += written
    }

    /// Drops everything behind the first `count` bytes.
    package func truncate(to count: Int) {
        precondition((0...self.count).contains(count))
        self.count = count
    }

    /// Empties the buffer. Memory beyond `limit` bytes, which an outlier needed, is given back.
    package func removeAll(keepingCapacity limit: Int) {
        count = 0
        if capacity > limit { resize(to: limit) }
    }

    /// Where the next byte goes; with `reserve` and `advance` it lets the scanner write without a call per byte.
    var unused: UnsafeMutablePointer<UInt8> {
        (start.unsafelyUnwrapped + count).assumingMemoryBound(to: UInt8.self)
    }

    /// Counts bytes that were written at `unused`.
    func advance(by written: Int) {
        precondition((0...(capacity - count)).contains(written))
        count += written
    }

    private func resize(to size: Int) {
        if size == 0 {
            free(start)
            start = nil
        } else {
            guard let memory = realloc(start, size) else { preconditionFailure("out of memory") }
            start = memory
        }
        capacity = size
    }
}
