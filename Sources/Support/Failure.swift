/// What a scheduler or a person has to do about a failure; each has its own exit status (sysexits.h where one fits).
package enum ExitStatus: Int32, Sendable, CaseIterable {
    /// Everything asked for was done.
    case success = 0
    /// A problem that no other status names.
    case failure = 1
    /// The command line or a setting is wrong: nothing was started.
    case usage = 64
    /// Data is missing or contradicts what was announced: retention loss, or `verify` found problems.
    case dataLoss = 65
    /// The thing to read does not exist: unknown topic.
    case noInput = 66
    /// A service could not be reached in time: broker or store. Running again may help.
    case unavailable = 69
    /// Two writers disagree, or an invariant does not hold: a person has to look.
    case conflict = 70
    /// The store cannot take the data: missing bucket, full disk.
    case cannotCreate = 73
    /// Stopped before everything was read (deadline or signal). What was read is stored; run again.
    case notDrained = 75
    /// An object in the store cannot be understood: damaged, or written by a newer version.
    case protocolError = 76
    /// Credentials were refused or lack a permission.
    case noPermission = 77
    /// There are no tags to choose from: nothing to tag with, and nothing was written.
    case emptyTaxonomy = 78
    /// Hours of the day are not sealed yet: run again when they are, or allow it.
    case dayIncomplete = 79
}

/// A failure that reaches the user: what happened, to what, and what to do. Never holds a payload, key or secret.
package struct Failure: Error, Sendable, CustomStringConvertible {
    /// A line of the sources.
    package struct Place: Sendable {
        package let file: StaticString
        package let function: StaticString
        package let line: UInt
    }

    package var status: ExitStatus
    /// What happened and to what (object, partition, offset, URL without secrets); one sentence, no full stop.
    package var message: String
    /// What the reader can do about it; empty when there is nothing to add.
    package var remedy: String
    /// The name of the object whose content is at fault, for callers that leave out such an object and go on.
    package var object: String?
    /// Where it was made, for the log.
    package let place: Place

    package init(
        _ status: ExitStatus, _ message: String, remedy: String = "", file: StaticString = #fileID,
        function: StaticString = #function, line: UInt = #line
    ) {
        self.status = status
        self.message = message
        self.remedy = remedy
        place = Place(file: file, function: function, line: line)
    }

    package var description: String { remedy.isEmpty ? message : "\(message); \(remedy)" }
}

/// Wherever they were made: to who reads them they are the same.
extension Failure: Equatable {
    package static func == (one: Failure, other: Failure) -> Bool {
        (one.status, one.message, one.remedy) == (other.status, other.message, other.remedy)
    }
}
