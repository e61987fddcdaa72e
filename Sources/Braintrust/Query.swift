internal import Bytes
internal import HTTP
internal import Support

extension BraintrustClient {
    /// Where queries are limited to twenty a minute, the service says by status 429 how long to wait: minutes, if many ask.
    var patience: RetryPolicy {
        RetryPolicy(initial: .seconds(1), cap: .seconds(30), deadline: configuration.deadline * 10)
    }
    /// Of one answer: it is held in memory, twice while it is read.
    static let maxQueryBytes = 128 << 20

    /// Asks a query of BTQL, https://www.braintrust.dev/docs/reference/sql.
    package func query(_ btql: String) async throws(BraintrustError) -> BTQLPage {
        try await query(btql, unless: { _ in false })
    }

    /// - Parameter gaveUp: errors after which the same query is not asked again.
    func query(_ btql: String, unless gaveUp: (BraintrustError) -> Bool) async throws(BraintrustError) -> BTQLPage {
        let body = ByteBuffer()
        body.append("{\"query\":")
        body.append(jsonText: btql)
        // Without the preview length, long values might be cut.
        body.append(",\"fmt\":\"json\",\"preview_length\":-1}")
        let response = try await call(
            post(
                "/btql", ByteRope(body.bytes), total: configuration.timeout * 4,
                maxResponseBytes: BraintrustClient.maxQueryBytes),
            policy: patience, unless: gaveUp)
        do throws(BTQLPage.Fault) {
            return try BTQLPage(response.body, header: response.headers["x-bt-cursor"])
        } catch {
            var fault = BraintrustError(unreadable: response, error.rawValue)
            if error == .tooDeep { fault.kind = .tooDeep }
            throw fault
        }
    }
}

extension BraintrustError {
    /// The request was larger than the service takes.
    package var isTooLarge: Bool { kind == .status(413) }

    /// It is about what the rows are, so it will be the same whenever they are asked for.
    var isOfRows: Bool { kind == .tooDeep || kind == .unanswered(.tooLarge) }

    /// Fewer rows at once may be answered where so many were not: the query took too long, or its answer is too large.
    var wantsSmallerPage: Bool {
        switch kind {
        case .status(500), .status(502), .status(504), .notStored, .tooDeep: true
        case .unanswered(.timeout), .unanswered(.stall), .unanswered(.tooLarge), .unanswered(.truncated): true
        case .status, .unanswered, .unreadable: false
        }
    }
}
