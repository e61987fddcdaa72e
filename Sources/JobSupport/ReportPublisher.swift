internal import Bytes
internal import Interactions
package import Logging
package import ObjectStorage
package import Support

/// Makes known what a run did.
package struct ReportPublisher: Sendable {
    private let name: String
    private let store: any ObjectStore
    private let logger: Logger

    /// - Parameters:
    ///   - topic: or whatever else the run was about: the reports' folder.
    ///   - startedAt: of the run, RFC 3339.
    ///   - run: tells it from others that started at the same time.
    package init(topic: String, startedAt: String, run: String, store: any ObjectStore, logger: Logger) {
        name = "\(ObjectNames.runs)\(topic)/\(startedAt)-\(run).json"
        (self.store, self.logger) = (store, logger)
    }

    /// Prints the report as one line with sorted keys in snake_case, and stores it as an object of its own. That it cannot be
    /// stored is logged only: the run is over.
    /// - Parameter isStored: false for a run that must leave no trace.
    package func publish(
        _ report: some Encodable, isStored: Bool = true, to output: LineSink = .standardOutput
    ) async {
        let json = ObjectCoding.encode(report)
        output.write(json)
        guard isStored else { return }
        do {
            _ = try await store.create(name, content: ByteRope(json), contentType: jsonType)
        } catch {
            logger.warning("the run report could not be stored", metadata: ["error": "\(error)"])
        }
    }
}
