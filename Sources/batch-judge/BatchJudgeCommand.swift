import ArgumentParser
import Support

@main
struct BatchJudgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch-judge",
        abstract: "Judges each day's interactions, pushes them to Braintrust datasets, and backs up Braintrust's logs.",
        discussion: """
            Settings are flags or environment variables: 'batch-judge run --help' lists those of 'run'.

            EXAMPLES:
              batch-judge run --storage-url gs://bucket/data --gcp-project p --wait
              batch-judge trigger --storage-url gs://bucket/data --gcp-project p --max-cost-usd 5
              batch-judge collect --storage-url gs://bucket/data --gcp-project p
              batch-judge run --gcs-input-uri 'gs://b/raw/*/2026-11-20/*.jsonl.gz' --gcp-project p
              batch-judge prompt check --prompt-path my.prompt.yml
              batch-judge datasets --braintrust-project-id UUID
              batch-judge push --storage-url gs://bucket/data --dry-run
              batch-judge tag-and-push --hours 24
              batch-judge backup --bucket braintrust-logs

            EXIT STATUS:
               0  everything that was asked for is done; of run without --wait and of trigger, jobs may be running
              79  hours of the day are not sealed: run again when they are, or with --allow-incomplete
              75  run again: jobs are running (collect, run --wait), the run was stopped, it would cost too much,
                  or another run is at work
              69  the store or the service could not be reached: run again
              65  data is missing or damaged, or no record has a verdict
              64  a setting or the prompt is wrong: nothing was started
              66  there is nothing to read, or nothing assembled, or the service does not know the model or project
              73  the bucket does not exist, the disk is full, or something else has the name
              77  credentials were refused, or lack a permission
              70  two runs disagree: have a look
              76  an object is damaged, or of a newer version: have a look
              78  there are no tags to tag with
               1  anything else
            """,
        version: BuildInfo.version,
        subcommands: [
            Run.self, Trigger.self, Assemble.self, Submit.self, Collect.self, Prompt.self, Datasets.self, Push.self,
            TagAndPush.self, Backup.self,
        ])
}
