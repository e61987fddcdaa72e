internal import Interactions
internal import Support

/// What to do about a stored file that is damaged, or was not written by the program whose folder it is in.
/// - Parameter name: of the object.
package func damageRemedy(_ name: String) -> String {
    let parts = name.split(separator: "/")
    guard parts.count > 2 else { return "" }
    // In a folder `2026-11-20`, or `dt=2026-11-20`.
    let date = CivilDate(parts[2].suffix(10)).map { " --date \($0)" } ?? ""
    let day = "--kafka-topic \(parts[1])\(date)"
    switch parts[0] {
    case "raw", "dead-letter":
        return "loader verify \(day) says more; restore it from an earlier version or a backup"
    case "tagged": return "move it away, and loader tag \(day) makes it anew"
    case "judged":
        return "restore it from an earlier version; or move it away, and batch-judge collect \(day) makes it anew "
            + "out of the jobs' output"
    default: return ""
    }
}
