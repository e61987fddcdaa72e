internal import CLibrdkafka

/// Keeps glibc from hoarding what librdkafka's threads free: few arenas, and large buffers back to the system at once
/// (mallopt(3)). For the whole process, so a program calls it, first thing; a sixth of the peak on a large backlog.
package func limitMemoryFragmentation() {
    mallopt(M_ARENA_MAX, 2)
    mallopt(M_MMAP_THRESHOLD, 512 * 1024)
}
