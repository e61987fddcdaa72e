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

    /// Writes it whole, in place of what is there.
    /// - Parameters:
    ///   - work: where the tagged files are.
    ///   - files: their names, in order.
    ///   - rows: that are in them.
    func write(_ files: [String], rows: Int, from work: any ObjectStore) async throws(Failure) {
        let earlier = try await store.info(name)
        let upload = try await store.upload(
            name, contentType: "application/x-ndjson", ifGeneration: earlier?.generation)
        do throws(Failure) {
            var count = 0
            for file in files {
                guard let object = try await work.info(file) else {
                    throw Failure(.notDrained, "\(work.location)/\(file) is not there yet", remedy: "run again")
                }
                var lines = StoredLines(object, in: work)
                while let batch = try await lines.next() {
                    guard !Task.isCancelled else { throw Failure(.notDrained, "stopped while \(url) was written") }
                    count += batch.count
                    try await upload.append(ByteRope(batch.bytes))
                }
            }
            guard count == rows else {
                throw Failure(.conflict, "\(count) of \(rows) logs are tagged", remedy: "run again")
            }
            guard case .written = try await upload.finish() else {
                throw Failure(.conflict, "\(url) was written meanwhile by something else", remedy: "run again")
            }
        } catch {
            await upload.cancel()
            throw error
        }
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
