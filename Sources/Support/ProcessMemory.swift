import Glibc

/// Physical memory that this process uses.
package enum ProcessMemory {
    /// The most at any time so far, in bytes: `VmHWM` of proc_pid_status(5). getrusage(2), which is asked where /proc is not
    /// mounted, also counts what the process was before it executed this program.
    package static var peakResidentBytes: Int {
        if let status = text(of: "/proc/self/status"), let peak = highWaterMark(inStatus: status) { return peak }
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss * 1024
    }

    /// Now, in bytes; 0 where /proc is not mounted.
    package static var currentResidentBytes: Int {
        // proc_pid_statm(5): "size resident shared …", in pages.
        let fields = text(of: "/proc/self/statm")?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) : 0
    }

    /// "VmHWM:     1234 kB", which are KiB.
    static func highWaterMark(inStatus status: String) -> Int? {
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let fields = line?.split(whereSeparator: \.isWhitespace) ?? []
        guard fields.count == 3, fields[2] == "kB", let count = Int(fields[1]) else { return nil }
        return count * 1024
    }

    /// The first 4 KiB, which are all of such a file.
    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = read(file, buffer.baseAddress, buffer.count)
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }
}
