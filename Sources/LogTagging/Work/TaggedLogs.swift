internal import Braintrust
internal import Bytes
internal import Interactions
internal import JobSupport
internal import ObjectStorage
internal import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The file of tagged logs: one line for each log, in the order of `_pagination_key`.
struct TaggedLogs {
    /// The folder that it is in.
    let store: any ObjectStore
    let name: String

    var url: String { "\(store.location)/\(name)" }

    /// Before anything is paid for. What is there is replaced, so it must not be a device either.
    func requireFileOrNothing() throws(Failure) {
        let path = String(url.dropFirst("file://".count))
        let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
        guard let type, ![.typeRegular, .typeSymbolicLink].contains(type) else { return }
        throw Failure(
            .cannotCreate, "\(url) is \(type == .typeDirectory ? "a directory" : "no regular file")",
            remedy: "name a file with --tagged-logs-file")
    }

    /// Writes it in place of what is there.
    /// - Parameters:
    ///   - files: names of tagged files, in order.
    ///   - work: where they are.
    ///   - check: throws if not so much has to be missing.
    /// - Returns: what `check` was asked about.
    func write(
        _ files: [String], from work: any ObjectStore, unless check: (Written) throws(Failure) -> Void
    ) async throws(Failure) -> Written {
        let earlier = try await store.info(name)
        let upload = try await store.upload(
            name, contentType: "application/x-ndjson", ifGeneration: earlier?.generation)
        do throws(Failure) {
            var written = Written()
            for file in files { try await append(file, from: work, to: upload, &written) }
            try check(written)
            guard case .written = try await upload.finish() else {
                throw Failure(.conflict, "\(url) was written meanwhile by something else", remedy: "run again")
            }
            return written
        } catch {
            await upload.cancel()
            throw error
        }
    }

    private func append(
        _ file: String, from work: any ObjectStore, to upload: any ObjectUpload, _ written: inout Written
    ) async throws(Failure) {
        guard let object = try await work.info(file) else { return written.missing.append(file) }
        var lines = StoredLines(object, in: work, ifDamaged: "remove it and run again: what was answered is kept")
        while true {
            let batch: LineBatch?
            do throws(Failure) { batch = try await lines.next() } catch {
                guard error.status == .protocolError else { throw error }
                return written.damaged.append(error)
            }
            guard let batch else { return }
            guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(url) was written") }
            written.rows += batch.count
            try await upload.append(ByteRope(batch.bytes))
        }
    }

    /// What became of the tagged files.
    struct Written {
        var rows = 0
        /// Names of those that are not there.
        var missing: [String] = []
        /// Why some are there only in part.
        var damaged: [Failure] = []
    }

    func open() async throws(Failure) -> MinifiedLines {
        guard let object = try await store.info(name) else {
            throw Failure(
                .noInput, "\(url) does not exist", remedy: "check --tagged-logs-file, or run --phase init first")
        }
        return MinifiedLines(StoredLines(object, in: store, as: .plain))
    }
}

/// The lines of a file that people and other programs may have written: objects in the form that ours have, and whatever is
/// none as it is.
struct MinifiedLines: LineSource {
    private var lines: StoredLines
    private let scanner = JSONScanner(maxDepth: BTQLPage.maxRowDepth)
    private let content = ByteBuffer()

    init(_ lines: StoredLines) { self.lines = lines }

    mutating func next() async throws(Failure) -> LineBatch? {
        guard let batch = try await lines.next() else { return nil }
        var ends: [Int] = []
        ends.reserveCapacity(batch.count)
        content.removeAll(keepingCapacity: batch.bytes.count)
        batch.forEach { line in
            if case .rejected = scanner.scan(line, into: content) { content.append(line) }
            content.append(UInt8(ascii: "\n"))
            ends.append(content.count)
        }
        return LineBatch(bytes: [UInt8](content.bytes), ends: ends)
    }
}
