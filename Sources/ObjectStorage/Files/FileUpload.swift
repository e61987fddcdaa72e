internal import Bytes
internal import Support

/// What is written of an object, without its name.
struct FileDraft: Sendable {
    let temporary: TemporaryFile
    private(set) var size: Int64 = 0
    private var crc32c = CRC32C()

    private static let compareBytes = 1 << 20

    init(temporary: TemporaryFile) { self.temporary = temporary }

    var file: Descriptor { temporary.file }

    mutating func append(_ content: ByteRope) throws(Failure) {
        try file.write(content)
        size += Int64(content.count)
        crc32c.update(content)
    }

    func info(_ name: String, _ generation: Int64) -> ObjectInfo {
        ObjectInfo(name: name, size: size, generation: generation, crc32c: crc32c.value)
    }

    /// Whether a file of the same size holds the same.
    func isContent(of other: Descriptor) throws(Failure) -> Bool {
        for offset in stride(from: 0, to: size, by: FileDraft.compareBytes) {
            let count = Int(min(size - offset, Int64(FileDraft.compareBytes)))
            guard try file.read(at: offset, count: count) == other.read(at: offset, count: count) else { return false }
        }
        return true
    }
}

/// An upload to a directory: a file that gets its name at the end.
actor FileUpload: ObjectUpload {
    private let name: String
    private let ifGeneration: Int64?
    private let files: StoreDirectory
    private let threads: BlockingThreads
    private let path: String
    /// What was written, or why no more can be.
    private var draft: Result<FileDraft, Failure>

    init(name: String, ifGeneration: Int64?, draft: FileDraft, files: StoreDirectory, threads: BlockingThreads) {
        (self.name, self.ifGeneration, self.files, self.threads) = (name, ifGeneration, files, threads)
        self.draft = .success(draft)
        path = files.path(name)
    }

    func append(_ content: ByteRope) async throws(Failure) {
        let draft = try draft.get()
        do throws(Failure) {
            self.draft = .success(
                try await threads.attempt { () throws(Failure) in
                    var draft = draft
                    try draft.append(content)
                    return draft
                })
        } catch {
            self.draft = .failure(error)
            throw error
        }
    }

    func finish() async throws(Failure) -> UploadOutcome {
        let draft = try draft.get()
        end()
        return try await threads.attempt { [files, name, ifGeneration] () throws(Failure) in
            guard let ifGeneration else {
                switch try files.publish(draft, as: name) {
                case .created(let info): return .written(info)
                case .taken(let info): return .taken(info)
                }
            }
            switch try files.publish(draft, as: name, replacing: ifGeneration) {
            case .replaced(let info): return .written(info)
            case .changed: return .taken(try files.info(name))
            }
        }
    }

    func cancel() async { end() }

    /// The file goes with its last reference.
    private func end() { draft = .failure(Failure(.failure, "cannot write \(path): it has ended already")) }
}
