internal import Bytes
internal import HTTP

/// A dataset of Braintrust's.
package struct Dataset: Sendable, Equatable {
    package var id: String
    /// nil when it is null, missing, or no text; so are name and description.
    package var projectID: String?
    package var name: String?
    package var description: String?

    package init(id: String, projectID: String? = nil, name: String? = nil, description: String? = nil) {
        (self.id, self.projectID, self.name, self.description) = (id, projectID, name, description)
    }
}

/// As the list says it.
private struct ListedDataset: ListedObject {
    private enum Key: String, CodingKey { case id, project_id, name, description, deleted_at }

    var dataset: Dataset
    var isDeleted: Bool
    var id: String { dataset.id }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func text(_ key: Key) -> String? { try? values.decode(String.self, forKey: key) }
        dataset = Dataset(
            id: try values.decode(String.self, forKey: .id), projectID: text(.project_id), name: text(.name),
            description: text(.description))
        isDeleted = text(.deleted_at) != nil
    }
}

extension BraintrustClient {
    /// What a request with rows may have when the service does not say it: as Braintrust's own client takes it.
    package static let payloadLimitByDefault = 6 << 20
    /// More is not sent at once, whatever the service says: it is held in memory.
    private static let payloadLimitMax = 32 << 20
    /// Less cannot be meant.
    private static let payloadLimitMin = 1 << 10
    private static let maxInsertAnswerBytes = 4 << 20

    /// All datasets of the organization, or of one project, without deleted ones: the newest first.
    package func datasets(projectID: String? = nil) async throws(BraintrustError) -> [Dataset] {
        let listed: [ListedDataset] = try await list("/v1/dataset", [("project_id", projectID)], what: "datasets")
        return listed.filter { !$0.isDeleted }.map(\.dataset)
    }

    /// Writes rows. One that is there with the same id is replaced: so each row has to have an id, and then this may be
    /// repeated, as it is after an answer that was lost.
    /// - Parameter events: the rows, each a JSON object.
    /// - Returns: how many rows the service confirms: all of them.
    /// - Throws: with status 413 (`isTooLarge`) nothing was written, and fewer at once may do.
    @discardableResult
    package func insert(datasetID: String, events: [[UInt8]]) async throws(BraintrustError) -> Int {
        struct Answer: Decodable { var row_ids: [String] }
        let body = RopeWriter(pool: BlockPool(blockSize: 256 << 10))
        func append(_ text: StaticString) {
            body.append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        for (index, event) in events.enumerated() {
            append(index == 0 ? "{\"events\":[" : ",")
            event.withUnsafeBytes { body.append($0) }
        }
        append(events.isEmpty ? "{\"events\":[]}" : "]}")
        let response = try await call(
            post(
                "/v1/dataset/\(percentEncoded(datasetID))/insert", body.finish(), total: configuration.timeout * 2,
                maxResponseBytes: BraintrustClient.maxInsertAnswerBytes), policy: patience)
        guard let answer = response.decodedBody(Answer.self), answer.row_ids.count == events.count else {
            throw BraintrustError(
                unreadable: response, "the answer does not confirm the \(events.count) rows that were sent")
        }
        return events.count
    }

    /// How many bytes of an insert's body there may be besides its rows.
    package static let insertOverhead = 16

    /// How many bytes the body of a request with rows may have. Not to know it is no failure.
    package func payloadLimit() async -> Int {
        struct Version: Decodable { var logs3_payload_max_bytes: Int? }
        let response = try? await call(get("/version", maxResponseBytes: 1 << 20))
        let limit = response?.decodedBody(Version.self)?.logs3_payload_max_bytes
        guard let limit, limit >= BraintrustClient.payloadLimitMin else {
            return BraintrustClient.payloadLimitByDefault
        }
        return min(limit, BraintrustClient.payloadLimitMax)
    }
}
