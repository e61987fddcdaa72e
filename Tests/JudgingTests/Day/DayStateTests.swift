import Interactions
import Testing

@testable import Judging

@Suite struct DayStateTests {
    private static func state() -> DayState {
        var state = DayState(
            topic: "raw-interactions", date: "2026-11-20",
            completeness: Completeness(
                sealedHours: [0, 1], missing: [Completeness.MissingHour(hour: 2, partitions: [0, 4])], isAllowed: true))
        var counts = DayState.Counts()
        (counts.records, counts.asked, counts.filtered) = (3, 2, 1)
        state.rounds = [
            DayState.Round(
                number: 0, purpose: .first, phase: .assembled, files: ["raw/t/f"], config: "c", prompt: "p-1-00000000",
                sample: "1", maxTokens: 100, schema: JudgeSample.schema, counts: counts)
        ]
        var input = DayState.Input(
            number: 0, round: 0, name: "judge/t/d/input-00000.jsonl", lines: 2, bytes: 10, checksum: .max, canaries: 1)
        (input.phase, input.displayName, input.job) = (.submitted, "judge-t", "projects/1/locations/l/b/1")
        state.inputs = [input]
        state.warn("a warning")
        return state
    }

    @Test func itComesBackAsItWas() throws {
        let state = Self.state()
        let bytes = ObjectCoding.encode(state)
        let read = try ObjectCoding.decode(
            DayState.self, bytes, what: "state", location: "s", version: DayState.currentVersion)
        #expect(read == state)
        #expect(ObjectCoding.encode(read) == bytes)
    }

    @Test func aWarningIsKeptOnce() {
        var state = Self.state()
        state.warn("a warning")
        #expect(state.warnings == ["a warning"])
        for number in 0..<1000 { state.warn("\(number)") }
        #expect(state.warnings.count == 100)
    }

    @Test func phasesAreInOrder() {
        let phases: [DayState.Input.Phase] = [.assembled, .submitting, .submitted, .ended, .collected]
        #expect(phases.sorted() == phases)
    }

    @Test func whatIsMissingIsNamed() {
        var completeness = Self.state().completeness
        completeness.missing.append(Completeness.MissingHour(hour: 14, partitions: []))
        #expect(completeness.missingText == "2 (partitions 0, 4), 14")
        #expect(!completeness.isComplete)
        completeness.missing = []
        #expect(completeness.isComplete)
        #expect(completeness.missingText == "")
    }
}
