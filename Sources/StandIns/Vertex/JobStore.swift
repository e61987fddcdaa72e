import Bytes
import HTTP
import ObjectStorage
package import Support

/// Where jobs read their input and write their output.
package struct JobStore: Sendable {
    private enum Kind {
        case directory(FileStore, path: String)
        case emulator(GCSEndpoint, any HTTPTransport)
        case none
    }

    /// Every job fails.
    package static let none = JobStore(kind: .none)

    private let kind: Kind

    private init(kind: Kind) { self.kind = kind }

    /// In a directory, `gs://ANY/name` is the file `name`, whatever the bucket, and so is `file://<directory>/name`.
    ///
    /// - Parameters:
    ///   - url: `file:///directory`, or nil.
    ///   - emulator: `STORAGE_EMULATOR_HOST`, or nil; `url` goes before it.
    package init(url: String?, emulator: String?) throws(Failure) {
        if let url {
            guard url.hasPrefix("file:///") else {
                throw Failure(.usage, "--store \(url) is no directory", remedy: "expected file:///DIRECTORY")
            }
            let path = "/" + url.dropFirst("file://".count).split(separator: "/").joined(separator: "/")
            kind = .directory(try FileStore(path: path), path: path)
        } else if let emulator, !emulator.isEmpty {
            kind = .emulator(try GCSEndpoint(emulatorHost: emulator), try CurlTransport())
        } else {
            kind = .none
        }
    }

    /// The object or prefix that a URI names, and the store that has it.
    func resolve(_ uri: String) throws(VertexFault) -> (store: any ObjectStore, name: String) {
        let isFile = uri.hasPrefix("file://")
        guard isFile || uri.hasPrefix("gs://") else { throw .invalid("\(uri) is no Cloud Storage URI.") }
        var path = uri.dropFirst(isFile ? "file://".count : "gs://".count)
        switch kind {
        case .none:
            throw .precondition("devcloud was started without --store and without STORAGE_EMULATOR_HOST.")
        case .directory(let store, let directory):
            if isFile {
                guard path.hasPrefix(directory + "/") else { throw .invalid("\(uri) is outside of the store.") }
                path = path.dropFirst(directory.count + 1)
            } else {
                path = path.drop { $0 != "/" }.dropFirst()
            }
            return (store, String(path))
        case .emulator(let endpoint, let transport):
            guard !isFile else { throw .invalid("\(uri) is no Cloud Storage URI.") }
            let bucket = path.prefix { $0 != "/" }
            do throws(Failure) {
                let place = try GCSLocation("gs://\(bucket)")
                let store = GCSStore(
                    place, transport: transport, authorizer: nil, options: GCSStore.Options(endpoint: endpoint))
                return (store, String(path.dropFirst(bucket.count + 1)))
            } catch {
                throw .invalid(error.message)
            }
        }
    }

    /// The objects of a URI, whose last part may have `*`.
    func objects(_ uri: String) async throws(VertexFault) -> [(store: any ObjectStore, info: ObjectInfo)] {
        let (store, name) = try resolve(uri)
        do throws(Failure) {
            let prefix = String(name.prefix { $0 != "*" })
            guard prefix.count < name.count else {
                guard let info = try await store.info(name) else { return [] }
                return [(store, info)]
            }
            let listing = try await store.list(prefix: prefix, from: nil, delimiter: nil)
            return listing.objects.filter {
                JobFilter.matches($0.name, name) && !$0.name.dropFirst(prefix.count).contains("/")
            }.map { (store, $0) }
        } catch {
            throw VertexFault(status: 403, message: error.message)
        }
    }
}
