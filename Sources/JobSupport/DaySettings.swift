package import Support

/// The settings by which jobs know which day it is.
package enum DaySettings {
    package static let zone = Setting(
        "job-time-zone", .text("ZONE"), .standard("UTC"),
        help: "Where it is today and yesterday, such as Europe/Vienna. Days themselves are of UTC, as the folders are.")

    /// The date that it is there now.
    package static func today(_ reader: inout SettingsReader, _ clock: any WallClock) -> CivilDate {
        let zone = reader.optionalValue(
            zone, expected: "a time zone that this machine knows, such as Europe/Vienna", JobZone.init)
        return zone?.date(at: clock.now()) ?? CivilDate(daysSince1970: 0)
    }
}
