import Braintrust
import Support
import Testing

@testable import DatasetPush

/// What is to be done for a day.
@Suite struct DayPlanTests {
    private func target(_ id: String, _ tags: String = #""a""#) -> PushTarget {
        PushTarget(Dataset(id: id, name: id, description: "[[relevant_tags: [\(tags)]]]"))
    }

    private func state(_ files: [String], _ targets: [PushTarget]) -> PushState {
        DayPlan(nil, files: files, targets: targets).state(
            after: nil, topic: "t", date: "2026-11-20", targets: targets, unread: [], failed: [], at: 5)
    }

    @Test func aNewDay() {
        let plan = DayPlan(nil, files: ["14-b", "13-a"], targets: [target("1"), target("2")])
        #expect(plan.newFiles == ["13-a", "14-b"])
        #expect(plan.oldFiles == [])
        #expect(!plan.isDone)
    }

    @Test func nothingToDo() {
        let state = state(["a", "b"], [target("1"), target("2")])
        #expect(DayPlan(state, files: ["b", "a"], targets: [target("2"), target("1")]).isDone)
        // Tags in another order, or twice, are the same wish; a dataset less is nothing to do.
        let reordered = self.state(["a"], [target("1", #""a","b""#)])
        #expect(DayPlan(reordered, files: ["a"], targets: [target("1", #""b","a","b""#)]).isDone)
        #expect(DayPlan(state, files: ["a"], targets: [target("1")]).isDone)
        #expect(DayPlan(nil, files: [], targets: [target("1")]).isDone)
    }

    @Test func lateFiles() {
        let plan = DayPlan(state(["a"], [target("1")]), files: ["a", "late"], targets: [target("1")])
        #expect(plan.newFiles == ["late"])
        #expect(plan.oldFiles == [])
    }

    @Test func datasetsThatChanged() {
        let before = state(["a", "b"], [target("1"), target("2")])
        let plan = DayPlan(before, files: ["a", "b", "c"], targets: [target("1"), target("2", #""z""#), target("3")])
        #expect(plan.newFiles == ["c"])
        #expect(plan.oldFiles == ["a", "b"])
        #expect(plan.newTargets == [1, 2])
    }

    @Test func whatFailedIsDoneAgain() {
        let targets = [target("1"), target("2")]
        let plan = DayPlan(nil, files: ["a", "b"], targets: targets)
        let after = plan.state(
            after: nil, topic: "t", date: "2026-11-20", targets: targets, unread: ["b"], failed: [1], at: 5)
        #expect(after.files == ["a"])
        #expect(after.datasets.map(\.id) == ["1"])
        let next = DayPlan(after, files: ["a", "b"], targets: targets)
        #expect(next.newFiles == ["b"])
        #expect(next.oldFiles == ["a"])
        #expect(next.newTargets == [1])
    }
}
