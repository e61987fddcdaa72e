package import Anthropic
package import Braintrust
package import Gzip
package import Interactions
package import JobSupport
package import Records
package import Support

/// Where the tags come from.
package enum TaxonomyPlace: Sendable {
    case file(String)
    /// The project by id or by name.
    case braintrust(BraintrustConfiguration, projectID: String)
}

/// Which files are tagged, and where they are.
package struct TagPlace: Sendable {
    package var storage: StorageConfiguration
    package var topic: String
    package var layout = PartitionLayout.plain
    /// The days that were asked for, since 1970; nil: the last `days`.
    package var dates: ClosedRange<Int64>?
    package var days = 1
    package var isRetag = false
    package var isDryRun = false

    package init(storage: StorageConfiguration, topic: String) { (self.storage, self.topic) = (storage, topic) }
}

/// Everything that `loader tag` was told.
package struct TagConfiguration: Sendable {
    package var place: TagPlace
    package var taxonomy: TaxonomyPlace
    /// nil only for a dry run.
    package var anthropic: AnthropicConfiguration?
    package var model: String?
    package var promptPath: String
    package var pricePath: String
    package var mode: TagMode
    package var concurrency: Int
    package var callDeadline: Duration
    package var batchRequests: Int
    package var batchFrom: Int
    package var fields: RecordFields
    package var inputTokens: Int
    package var outputTokens: Int
    package var maxRecords: Int?
    /// Millionths of a US dollar.
    package var maxCost: Int64?
    package var maxDuration: Duration?
    package var shutdownGrace: Duration
    package var answerAge: Duration
    package var answerLimit: Int
    package var lease: Duration
    /// nil: no metrics.
    package var metricsPath: String?
    package var gzip: GzipSettings
    package var log: LogConfiguration
}
