internal import Bytes
internal import Interactions
package import Logging
package import ObjectStorage
package import Support

/// Makes known what a run did.
package struct ReportPublisher: Sendable {
    private let folder: String
    private let run: String
    private let store: (any ObjectStore)?
    private let logger: Logger

    /// - Parameters:
    ///   - folder: of reports: the topic, or whatever else the run was about.
    ///   - run: tells it from others that started at the same time.
    ///   - store: nil for a run that must leave no trace.
    package init(folder: String, run: String, store: (any ObjectStore)?, logger: Logger) {
        (self.folder, self.run, self.store, self.logger) = (folder, run, store, logger)
    }

    /// Prints the report as one line with sorted keys in snake_case, and stores it as an object of its own. That it cannot be
    /// stored is logged only: the run is over.
    package func publish(_ report: some JobReport, to output: LineSink = .standardOutput) async {
        let json = ObjectCoding.encode(report)
        output.write(json)
        guard let store else { return }
        do {
            let name = "\(ObjectNames.runs)\(folder)/\(report.startedAt)-\(run).json"
            _ = try await store.create(name, content: ByteRope(json), contentType: jsonType)
        } catch {
            logger.warning("the run report could not be stored", metadata: ["error": "\(error)"])
        }
    }
}
