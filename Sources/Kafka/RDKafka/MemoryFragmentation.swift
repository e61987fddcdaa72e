internal import CLibrdkafka

/// Keeps glibc from hoarding what librdkafka's threads free, with few arenas (mallopt(3)), but lets it keep enough that the
/// buffers of fetch answers are used again: those that go back to the system each time come back as pages that the kernel
/// has to zero, a tenth of the processor time. For the whole process, so a program calls it, first thing.
package func limitMemoryFragmentation() {
    let keptBytes: Int32 = 8 << 20
    mallopt(M_ARENA_MAX, 2)
    mallopt(M_MMAP_THRESHOLD, keptBytes)
    mallopt(M_TRIM_THRESHOLD, keptBytes)
}
