import Testing

@testable import Judging

@Suite struct MetricsTextTests {
    @Test func ofARunThatFailed() {
        #expect(
            MetricsText(failedFor: "a\"b\\c\nd", at: 1_795_262_400_123).text == #"""
                # HELP batch_judge_last_run_timestamp_seconds When the last run ended.
                # TYPE batch_judge_last_run_timestamp_seconds gauge
                batch_judge_last_run_timestamp_seconds{topic="a\"b\\c\nd"} 1795262400.123
                # HELP batch_judge_last_run_success Whether the last run succeeded.
                # TYPE batch_judge_last_run_success gauge
                batch_judge_last_run_success{topic="a\"b\\c\nd"} 0

                """#)
    }
}
