import ArgumentParser
import Support

@main
struct LoaderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loader",
        abstract: "Keeps the records of a Kafka topic as hourly gzipped JSON lines, exactly once, and tags them.",
        discussion: """
            Settings are flags or environment variables: 'loader load --help' lists those of 'load'.

            EXAMPLES:
              loader load --kafka-brokers broker:9092 --storage-url gs://bucket/data
              loader tag --storage-url gs://bucket/data --taxonomy tags.yml
              loader hourly --kafka-brokers broker:9092 --storage-url gs://b --taxonomy t.yml
              loader status --storage-url gs://bucket/data --date 2026-11-20 --hour 13
              loader verify --storage-url file:///data
              loader restore --storage-url file:///data --object NAME --dry-run

            EXIT STATUS:
               0  everything that was there at the start is stored; all is sound
              75  deadline, budget, signal, standstill or another run: run again; what was done is stored
              69  Kafka, the store, Claude or Braintrust could not be reached: run again
              65  Kafka deleted records before they were read; verify found damage
              64  a setting is wrong: nothing was started
              66  the topic or the object does not exist
              73  the bucket does not exist, or the disk is full
              77  credentials were refused, or lack a permission
              70  writers disagree, or the topic was recreated: have a look
              76  an object is damaged, or of a newer version: have a look
              78  there are no tags to tag with
               1  anything else
            """,
        version: BuildInfo.version,
        subcommands: [Load.self, Tag.self, Hourly.self, Status.self, Verify.self, Restore.self])
}
