import Support
import Testing

struct ProblemsTests {
    @Test func areToldByLine() {
        let problems = ["'a' is missing", "line 10: x", "line 9: z", "line 9: y", "lines", "line : b", "line 1: c"]
        #expect(
            Problems.byLine(problems) == [
                "line 1: c", "line 9: z", "line 9: y", "line 10: x", "'a' is missing", "lines", "line : b",
            ])
        let failure = #expect(throws: Failure.self) { try Problems.fail(problems, in: "f") }
        #expect(failure?.message.hasPrefix("f has 7 problems:\n  line 1: c\n  line 9: z") == true)
    }
}
