internal import Braintrust
package import Support

/// What of a day was pushed: every file of it to every dataset of it. Changed by precondition only.
package struct PushState: Sendable, Equatable, Codable {
    package static let currentVersion = 1

    package struct Part: Sendable, Equatable, Codable {
        /// The dataset's id.
        package var id: String
        /// `PushTarget.wish`: with another one, other records are wanted.
        package var wish: String

        package init(id: String, wish: String) { (self.id, self.wish) = (id, wish) }
    }

    package var version = PushState.currentVersion
    package var topic: String
    package var date: String
    /// The stems of the files, sorted.
    package var files: [String]
    package var datasets: [Part]
    package var pushedAtMs: Milliseconds

    package init(topic: String, date: String, files: [String], datasets: [Part], pushedAtMs: Milliseconds) {
        (self.topic, self.date, self.files, self.datasets) = (topic, date, files, datasets)
        self.pushedAtMs = pushedAtMs
    }
}

/// What is to be done for a day. Pure.
package struct DayPlan: Sendable, Equatable {
    /// Files that no run has pushed: to all datasets. Sorted, as the others.
    package private(set) var newFiles: [String] = []
    /// The others: to those datasets that are new, or want something else by now.
    package private(set) var oldFiles: [String] = []
    /// The places of these datasets among the targets.
    package private(set) var newTargets: Set<Int> = []

    /// - Parameters:
    ///   - state: nil when the day was never pushed, or is to be pushed again.
    ///   - files: the stems of the tagged files that are there.
    package init(_ state: PushState?, files: [String], targets: [PushTarget]) {
        let pushed = Set(state?.files ?? [])
        let parts = Dictionary((state?.datasets ?? []).map { ($0.id, $0.wish) }) { $1 }
        for (place, target) in targets.enumerated() where parts[target.dataset.id] != target.wish {
            newTargets.insert(place)
        }
        for file in files.sorted() {
            if !pushed.contains(file) { newFiles.append(file) } else if !newTargets.isEmpty { oldFiles.append(file) }
        }
    }

    /// Leaves new files for later, but for some.
    /// - Returns: how many.
    package mutating func leaveNew(but ready: Set<String>) -> Int {
        let count = newFiles.count
        newFiles.removeAll { !ready.contains($0) }
        return count - newFiles.count
    }

    package var isDone: Bool { newFiles.isEmpty && oldFiles.isEmpty }

    /// What is true of the day once the plan is carried out.
    /// - Parameters:
    ///   - unread: files that could not be read.
    ///   - failed: targets that could not be written.
    package func state(
        after state: PushState?, topic: String, date: String, targets: [PushTarget], unread: Set<String>,
        failed: Set<Int>, at now: Milliseconds
    ) -> PushState {
        let files = Set(state?.files ?? []).union(newFiles).union(oldFiles).subtracting(unread)
        let parts = targets.enumerated().filter { !failed.contains($0.offset) }.map {
            PushState.Part(id: $0.element.dataset.id, wish: $0.element.wish)
        }
        return PushState(
            topic: topic, date: date, files: files.sorted(), datasets: parts.sorted { $0.id < $1.id }, pushedAtMs: now)
    }
}
