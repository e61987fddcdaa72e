import Glibc

/// Finds the files that come with the program.
package enum ShippedFile {
    /// Below the current directory if it is there, else beside the program.
    /// - Parameters:
    ///   - path: `prompts/…`.
    ///   - folder: where the program is.
    /// - Returns: the path as given when it is in neither place, for the message that it is missing.
    package static func find(_ path: String, beside folder: String = programFolder) -> String {
        let beside = "\(folder)/\(path)"
        return access(path, F_OK) != 0 && access(beside, F_OK) == 0 ? beside : path
    }

    /// Links are followed. Where the system does not tell, the current directory.
    package static let programFolder: String = {
        guard let resolved = realpath("/proc/self/exe", nil) else { return "." }
        defer { free(resolved) }
        return String(cString: resolved).split(separator: "/").dropLast().map { "/\($0)" }.joined()
    }()
}

extension SettingsReader {
    /// A file's path, as given; the standard is a file that comes with the program.
    package mutating func shippedPath(_ setting: Setting) -> String {
        let path = text(setting)
        return isGiven(setting) ? path : ShippedFile.find(path)
    }
}
