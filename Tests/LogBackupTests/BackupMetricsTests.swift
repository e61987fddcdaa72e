import JobSupport
import LogBackup
import Support
import Testing

struct BackupMetricsTests {
    @Test func eachNumberOfTheReportIsAMetric() {
        let window = BackupWindow(date: CivilDate("2026-11-20")!, days: 7)
        var report = BackupReport(job: "batch-judge backup", store: "gs://b", window: window, startedAt: 0)
        (report.rows, report.unreadableRows) = (9, 1)
        report.files = [20, 30].map {
            BackupManifest.File(format: .csv, name: "logs/2026-11-20.csv", bytes: $0, crc32c: 0, rows: 9)
        }
        report.finish(.dataLoss, at: 0, after: .seconds(2), peakMemory: 7)
        let text = metricsText(report.metrics(project: "p", at: 5000), prefix: "batch_judge_backup_")
        #expect(
            text.split(separator: "\n").filter { !$0.hasPrefix("#") } == [
                #"batch_judge_backup_last_run_timestamp_seconds{project="p"} 5"#,
                #"batch_judge_backup_last_run_success{project="p"} 0"#,
                #"batch_judge_backup_last_run_exit_code{project="p"} 65"#,
                #"batch_judge_backup_duration_seconds{project="p"} 2"#, #"batch_judge_backup_rows{project="p"} 9"#,
                #"batch_judge_backup_unreadable_rows{project="p"} 1"#,
                #"batch_judge_backup_file_bytes{project="p"} 50"#,
            ])
    }
}
