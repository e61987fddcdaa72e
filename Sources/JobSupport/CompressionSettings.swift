package import Gzip
package import Support

/// The settings of whatever writes gzip files.
package enum CompressionSettings {
    static let engine = Setting(
        "gzip-engine", .choice(GzipEngine.allCases.map(\.rawValue)), .standard("isal"),
        help: "The compressor. isal is several times faster, zlib makes files a few percent smaller.")
    static let level = Setting(
        "gzip-level", .integer(0...9), help: "0 to 3 for isal (3 when not given), 1 to 9 for zlib (6 when not given).")

    package static let settings = [engine, level]

    package static func read(_ reader: inout SettingsReader) -> GzipSettings {
        let engine: GzipEngine = reader.choice(Self.engine, else: .isal)
        guard let level = reader.optionalInteger(Self.level) else { return GzipSettings(engine: engine) }
        if let settings = GzipSettings(engine: engine, level: level) { return settings }
        let (least, most) = (engine.levels.lowerBound, engine.levels.upperBound)
        reader.reject(Self.level, expected: "\(least) to \(most) with \(Self.engine.flag) \(engine)")
        return GzipSettings(engine: engine)
    }
}
