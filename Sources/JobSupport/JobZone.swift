internal import Glibc
package import Support
import Synchronization

/// The time zone in which a job's "today" and "yesterday" are meant. Folders are named by UTC all the same.
package struct JobZone: Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// The C library knows one time zone at a time.
    private static let library = Mutex(())

    /// nil when there is no such zone on this machine (tzdata); `UTC` needs none.
    package init?(_ name: String) {
        guard name == "UTC" || JobZone.isFile(name) else { return nil }
        description = name
    }

    private static func isFile(_ name: String) -> Bool {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "/_-+".utf8.contains(byte)
            }
        }
        guard isName, !name.isEmpty, !name.hasPrefix("/"), name.utf8.count <= 100 else { return false }
        let folder = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
        let file = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var magic = [UInt8](repeating: 0, count: 4)
        return read(file, &magic, 4) == 4 && magic == Array("TZif".utf8)
    }

    /// The date that it is there. Sets the process's time zone, as the C library wants it: to be called early.
    package func date(at time: Milliseconds) -> CivilDate? {
        if description == "UTC" { return CivilDate(daysSince1970: time.flooredDivision(by: 86_400_000)) }
        return JobZone.library.withLock { _ in
            setenv("TZ", description, 1)
            tzset()
            var seconds = time_t(time.flooredDivision(by: 1000))
            var parts = tm()
            guard localtime_r(&seconds, &parts) != nil else { return nil }
            return CivilDate(year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday))
        }
    }
}
