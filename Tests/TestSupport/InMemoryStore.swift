package import Bytes
package import ObjectStorage
package import Support
import Synchronization

/// A store for tests of what stands on one: faults on demand, and a clock that the test sets.
package final class InMemoryStore: ObjectStore {
    package enum Operation: Sendable, Equatable {
        case create, replace, remove, read, readRange, info, list, now
    }

    /// A stored object.
    package struct Object: Sendable, Equatable {
        package var info: ObjectInfo
        package var bytes: [UInt8]
        package var contentType: String
    }

    /// Called before each operation and after it took effect, with the name or prefix. What it throws is what the caller gets.
    package typealias Hook = @Sendable (Operation, String) async throws(Failure) -> Void

    fileprivate struct State {
        var objects: [String: Object] = [:]
        var lastGeneration: Int64 = 0
        var time: Milliseconds
        var before: Hook?
        var after: Hook?
    }

    package let location = "memory://store"
    private let state: Mutex<State>

    package init(time: Milliseconds = 1_767_225_600_000) {
        state = Mutex(State(time: time))
    }

    package func before(_ hook: Hook?) { state.withLock { $0.before = hook } }
    package func after(_ hook: Hook?) { state.withLock { $0.after = hook } }

    package var time: Milliseconds {
        get { state.withLock(\.time) }
        set { state.withLock { $0.time = newValue } }
    }

    package var objects: [String: Object] { state.withLock(\.objects) }
    /// Sorted by UTF-8 bytes.
    package var names: [String] { objects.keys.sorted(by: isBefore) }

    /// Puts an object there without any rule.
    @discardableResult
    package func put(_ name: String, _ bytes: [UInt8], contentType: String = "application/json") -> ObjectInfo {
        state.withLock { $0.put(name, bytes, contentType) }
    }

    package func remove(_ name: String) { state.withLock { $0.objects[name] = nil } }

    package func create(
        _ name: String, content: ByteRope, contentType: String
    ) async throws(Failure) -> CreateOutcome {
        try checkName(name, in: location)
        return try await perform(.create, name) { state in
            let bytes = content.joined
            if let object = state.objects[name] {
                return object.bytes == bytes ? .created(object.info) : .taken(object.info)
            }
            return .created(state.put(name, bytes, contentType))
        }
    }

    package func replace(
        _ name: String, content: ByteRope, contentType: String, ifGeneration generation: Int64?
    ) async throws(Failure) -> ReplaceOutcome {
        try checkName(name, in: location)
        return try await perform(.replace, name) { state in
            guard state.objects[name]?.info.generation == generation else { return .changed }
            return .replaced(state.put(name, content.joined, contentType))
        }
    }

    /// Its operation is that of the end: `create` or `replace`.
    package func upload(
        _ name: String, contentType: String, ifGeneration generation: Int64?
    ) async throws(Failure) -> any ObjectUpload {
        try checkName(name, in: location)
        return InMemoryUpload { content throws(Failure) in
            guard let generation else {
                switch try await self.create(name, content: content, contentType: contentType) {
                case .created(let info): return .written(info)
                case .taken(let info): return .taken(info)
                }
            }
            let outcome = try await self.replace(
                name, content: content, contentType: contentType, ifGeneration: generation)
            switch outcome {
            case .replaced(let info): return .written(info)
            case .changed: return .taken(self.objects[name]?.info)
            }
        }
    }

    package func remove(_ name: String, ifGeneration generation: Int64) async throws(Failure) -> Bool {
        try checkName(name, in: location)
        return try await perform(.remove, name) { state in
            guard let object = state.objects[name] else { return true }
            guard object.info.generation == generation else { return false }
            state.objects[name] = nil
            return true
        }
    }

    package func read(_ name: String, limit: Int) async throws(Failure) -> (info: ObjectInfo, bytes: [UInt8])? {
        try checkName(name, in: location)
        guard let object = try await perform(.read, name, { $0.objects[name] }) else { return nil }
        guard object.bytes.count <= limit else {
            throw Failure(.protocolError, "\(location)/\(name) is larger than \(limit) bytes")
        }
        return (object.info, object.bytes)
    }

    package func read(_ object: ObjectInfo, range: Range<Int64>) async throws(Failure) -> [UInt8]? {
        let found = try await perform(.readRange, object.name) { $0.objects[object.name] }
        guard let found, found.info.generation == object.generation else { return nil }
        let range = range.clamped(to: 0..<Int64(found.bytes.count))
        return Array(found.bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    package func info(_ name: String) async throws(Failure) -> ObjectInfo? {
        try checkName(name, in: location)
        return try await perform(.info, name) { $0.objects[name]?.info }
    }

    package func list(
        prefix: String, from start: String?, delimiter: Character?
    ) async throws(Failure) -> ObjectListing {
        let objects = try await perform(.list, prefix) { state in
            state.objects.values.compactMap { $0.info.name.utf8.starts(with: prefix.utf8) ? $0.info : nil }
        }
        var fold = ListingFold(prefix: prefix, from: start, delimiter: delimiter)
        for object in objects.sorted(by: { isBefore($0.name, $1.name) }) { fold.add(object) }
        return fold.listing
    }

    package func now() async throws(Failure) -> Milliseconds { try await perform(.now, "") { $0.time } }

    private func perform<Value: Sendable>(
        _ operation: Operation, _ name: String, _ body: @Sendable (inout State) -> Value
    ) async throws(Failure) -> Value {
        let (before, after) = state.withLock { ($0.before, $0.after) }
        try await before?(operation, name)
        let value = state.withLock { body(&$0) }
        try await after?(operation, name)
        return value
    }
}

extension InMemoryStore.State {
    fileprivate mutating func put(_ name: String, _ bytes: [UInt8], _ contentType: String) -> ObjectInfo {
        lastGeneration += 1
        let info = ObjectInfo(
            name: name, size: Int64(bytes.count), generation: lastGeneration, crc32c: CRC32C.of(bytes))
        objects[name] = InMemoryStore.Object(info: info, bytes: bytes, contentType: contentType)
        return info
    }
}

private actor InMemoryUpload: ObjectUpload {
    private let end: @Sendable (ByteRope) async throws(Failure) -> UploadOutcome
    /// nil after the end.
    private var content: ByteRope? = ByteRope()

    init(end: @escaping @Sendable (ByteRope) async throws(Failure) -> UploadOutcome) { self.end = end }

    func append(_ piece: ByteRope) async throws(Failure) {
        guard content != nil else { throw Failure(.failure, "the upload has ended already") }
        content?.append(contentsOf: piece)
    }

    func finish() async throws(Failure) -> UploadOutcome {
        guard let content else { throw Failure(.failure, "the upload has ended already") }
        self.content = nil
        return try await end(content)
    }

    func cancel() async { content = nil }
}
