import Bytes
import ObjectStorage
import Support

/// The work of a job: reads its input, answers each line, and writes the answers in another order to files of its own.
struct BatchRun: Sendable {
    /// What a job may have.
    struct Limits: Sendable {
        var lines = 200_000
        var bytes: Int64 = 1_000_000_000
    }

    private struct Outcome {
        var lines: [[UInt8]] = []
        var end = BatchPredictionJob.End(state: .succeeded)
    }

    private static let pieceBytes: Int64 = 8 << 20

    let job: BatchPredictionJob
    /// Of the job, from 1: two jobs of the same input differ.
    let number: Int
    let store: JobStore
    let settings: StandInSettings
    var limits = Limits()
    let now: Milliseconds
    /// What a script wants for a route and a body.
    let step: @Sendable (_ route: String, _ body: [UInt8]) -> ScriptStep?

    @concurrent
    func work() async -> BatchPredictionJob.End {
        do throws(VertexFault) {
            var outcome = Outcome()
            let script = step("batch_jobs.end", job.json.bytes)
            let requests = try await requests()
            var most = job.answered(of: requests.count)
            switch script?.outcome {
            case .errored:
                outcome.end.state = .failed
                outcome.end.error = VertexFault(
                    status: script?.status ?? 500, message: script?.message ?? "A script asked for it.")
            case .expired: (outcome.end.state, most) = (.expired, requests.count / 2)
            case .canceled: (outcome.end.state, most) = (.cancelled, requests.count / 2)
            case .partial: outcome.end.state = .partiallySucceeded
            default: break
            }
            if let rows = script?.rows { most = min(rows, requests.count) }
            for (index, line) in requests.prefix(most).enumerated() { try answer(line, index, &outcome) }
            outcome.end.incomplete += requests.count - most
            if most > 0 || outcome.end.state == .succeeded { try await write(&outcome) }
            return outcome.end
        } catch {
            return BatchPredictionJob.End(state: .failed, error: error)
        }
    }

    // MARK: - Input

    private func requests() async throws(VertexFault) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var bytes: Int64 = 0
        for uri in job.inputURIs {
            let objects = try await store.objects(uri)
            guard !objects.isEmpty else { throw .invalid("No input was found at \(uri).") }
            for (store, info) in objects {
                bytes += info.size
                guard bytes <= limits.bytes else {
                    throw .invalid("The input has more than \(limits.bytes) bytes.")
                }
                try await read(info, from: store, into: &lines)
            }
        }
        guard !lines.isEmpty else { throw .invalid("The input is empty.") }
        return lines
    }

    private func read(
        _ info: ObjectInfo, from store: any ObjectStore, into lines: inout [[UInt8]]
    ) async throws(VertexFault) {
        var (offset, rest): (Int64, [UInt8]) = (0, [])
        while offset < info.size {
            let range = offset..<min(offset + BatchRun.pieceBytes, info.size)
            let piece: [UInt8]?
            do throws(Failure) { piece = try await store.read(info, range: range) } catch {
                throw VertexFault(status: 403, message: error.message)
            }
            guard let piece, !piece.isEmpty else { throw .precondition("\(info.name) was changed.") }
            offset += Int64(piece.count)
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: 0x0A) {
                if end > start { lines.append(Array(rest[start..<end])) }
                start = end + 1
            }
            rest.removeFirst(start)
            guard lines.count <= limits.lines else {
                throw .invalid("The input has more than \(limits.lines) requests.")
            }
        }
        if !rest.isEmpty { lines.append(rest) }
        guard lines.count <= limits.lines else { throw .invalid("The input has more than \(limits.lines) requests.") }
    }

    // MARK: - Rows

    /// A line that is no request at all fails the job; one that asks for what cannot be is a row with an error.
    private func answer(_ line: [UInt8], _ index: Int, _ outcome: inout Outcome) throws(VertexFault) {
        guard let json = try? JSONValue(parsing: line), let given = json["request"] else {
            throw .invalid("Line \(index + 1) of the input is no JSON object with a request.")
        }
        let script = step("batch_jobs.row", line)
        var generator = SplitMix64(seed: settings.seed ^ fingerprint(line) ^ UInt64(number) << 32)
        let fault = script == nil ? RowFault.choose(settings.rowFaults, using: &generator) : nil
        let id = String(generator.next(), radix: 36)
        var row = JSONObject([("status", ""), ("processed_time", .string(processedTime(index)))])
        do throws(VertexFault) {
            if script?.outcome == .errored || fault == .errored {
                throw VertexFault(
                    status: script?.status ?? 503,
                    message: script?.message ?? "The model is overloaded. Please try again later.")
            }
            let request = try GeminiRequest(given)
            row["request"] = .object(
                VertexSchema.shared.echo(
                    request.message, "GenerateContentRequest", isSnakeCased: settings.echoIsSnakeCased))
            row["response"] = GeminiReply(to: request, model: job.model, id: id, change: change(script, fault)).json
            outcome.end.successful += 1
        } catch {
            row["request"] = given
            row["status"] = .string("\(BatchRun.reason(error.status)): \(error.json.text)")
            row["response"] = [:]
            outcome.end.failed += 1
        }
        if fault == .missing || [.missing, .canceled, .expired].contains(script?.outcome) {
            outcome.end.successful -= row["status"] == "" ? 1 : 0
            outcome.end.incomplete += 1
            return
        }
        let bytes = JSONValue.object(row).bytes
        outcome.lines.append(bytes)
        if script?.outcome == .duplicated || fault == .duplicated { outcome.lines.append(bytes) }
    }

    private func change(_ script: ScriptStep?, _ fault: RowFault?) -> GeminiReply.Change {
        var change = GeminiReply.Change()
        change.text = script?.text
        change.finishReason = script?.stopReason
        if script?.outcome == .blocked || fault == .blocked { change.blockReason = script?.message ?? "SAFETY" }
        change.truncate = script?.truncate ?? (fault == .truncated ? .half : nil)
        change.thinks = fault == .thought
        change.splits = fault == .split
        return change
    }

    /// With microseconds.
    private func processedTime(_ index: Int) -> String {
        "\(rfc3339(now + Int64(index)).prefix(19)).\(padded((now + Int64(index)) % 1000, 3))\(padded(index % 1000, 3))+00:00"
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 429: "Too Many Requests"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }

    // MARK: - Output

    private func write(_ outcome: inout Outcome) async throws(VertexFault) {
        let prefix = job.outputPrefix.hasSuffix("/") ? job.outputPrefix : job.outputPrefix + "/"
        let time = "\(rfc3339(now).prefix(19)).\(padded(now % 1000, 3))\(padded(number % 1000, 3))Z"
        let directory = "\(prefix)prediction-model-\(time)/"
        outcome.end.outputDirectory = directory
        let (store, place) = try store.resolve(directory)
        var generator = SplitMix64(seed: settings.seed ^ UInt64(number))
        let lines = outcome.lines.shuffled(using: &generator)
        let files = max(1, min(settings.batchFiles, lines.count))
        for file in 0..<files {
            let range = lines.count * file / files..<lines.count * (file + 1) / files
            let name = files == 1 ? "predictions" : "predictions_\(padded(file + 1, 5))"
            let content = lines[range].reduce(into: [UInt8]()) { $0 += $1 + [0x0A] }
            do throws(Failure) {
                let created = try await store.create(
                    "\(place)\(name).jsonl", content: ByteRope(content), contentType: "application/octet-stream")
                guard case .created = created else {
                    throw Failure(.conflict, "\(directory)\(name).jsonl is there already")
                }
            } catch {
                throw VertexFault(status: 403, message: error.message)
            }
        }
    }
}
