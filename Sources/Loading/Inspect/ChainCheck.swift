package import Interactions
import Support

/// A thing that `loader verify` found wrong.
package struct Finding: Sendable, Hashable, Encodable {
    package enum Kind: String, Sendable, Encodable {
        /// A planned file is not there yet: a run is under way or was stopped; the next one completes it.
        case pending
        case gap, overlap, missingFile = "missing_file", unplannedFile = "unplanned_file", damagedFile = "damaged_file"
        case wrongLines = "wrong_lines", wrongManifest = "wrong_manifest", wrongProgress = "wrong_progress"
        case unreadable
    }

    package var kind: Kind
    /// The object or partition.
    package var subject: String
    package var detail: String

    package init(_ kind: Kind, _ subject: String, _ detail: String) {
        (self.kind, self.subject, self.detail) = (kind, subject, detail)
    }
}

/// Follows one partition's chain link by link. Pure; memory does not grow with the chain but with `files`.
package struct ChainCheck: Sendable {
    package let partition: Partition
    private let wants: @Sendable (PlannedFile) -> Bool
    private var expected: LinkID?
    private var last: Plan?
    /// Every end of a link, for the progress object to match one.
    private var ends: Set<Int64> = []
    package private(set) var findings: [Finding] = []
    /// By name, with what amendments changed.
    package private(set) var files: [String: PlannedFile] = [:]
    /// Files of the last link, which may not be there yet.
    package private(set) var lastFiles: Set<String> = []
    /// Names whose file may also hold what the plan said before it was amended.
    package private(set) var beforeAmendment: [String: [PlannedFile]] = [:]
    package private(set) var lost: [LostRange] = []
    package private(set) var links = 0

    /// - Parameters:
    ///   - wants: which files to remember.
    package init(partition: Partition, origin: ChainOrigin?, wants: @escaping @Sendable (PlannedFile) -> Bool) {
        self.partition = partition
        self.wants = wants
        expected = origin.map { LinkID(start: $0.start) }
        ends = Set(origin.map { [$0.start] } ?? [])
    }

    /// Takes the next plan, in the order of the links.
    package mutating func follow(_ plan: Plan) {
        links += 1
        if plan.amendment > 0, let last, last.start == plan.start, last.sequence == plan.sequence {
            amend(plan, former: last)
        } else {
            if let expected, plan.link != expected {
                let kind: Finding.Kind = plan.start > expected.start ? .gap : .overlap
                findings.append(
                    Finding(
                        kind, "\(partition)",
                        "a link should start at \(expected.start), the next one is \(plan.link.fileName)"))
            } else if expected == nil {
                findings.append(Finding(.gap, "\(partition)", "the chain's origin is missing"))
            }
            lastFiles = []
        }
        for file in plan.files {
            if file.firstOffset < plan.start || file.lastOffset >= plan.end || file.firstOffset > file.lastOffset {
                findings.append(Finding(.overlap, file.name, "its offsets are not in \(plan.start)..<\(plan.end)"))
            }
            if wants(file) { files[file.name] = file }
        }
        lastFiles = Set(plan.files.filter(wants).map(\.name))
        lost = lost.merged(with: plan.lost)
        ends.insert(plan.end)
        (last, expected) = (plan, plan.next)
    }

    /// The chain is read; the progress object has to fit it.
    package mutating func finish(progress: Progress?) {
        guard let progress else { return }
        if !ends.contains(progress.chainEnd) {
            findings.append(
                Finding(
                    .wrongProgress, "\(partition)",
                    "progress says the chain ends at \(progress.chainEnd), where no link ends"))
        }
        if let expected, progress.next >= expected { lastFiles = [] }
    }

    private mutating func amend(_ plan: Plan, former: Plan) {
        for file in former.files where wants(file) {
            files[file.name] = nil
            beforeAmendment[file.name, default: []].append(file)
        }
    }
}
