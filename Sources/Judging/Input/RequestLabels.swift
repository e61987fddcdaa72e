package import Bytes
internal import Crypto

/// Where a request lies: which input object of the day, and which of its lines, from 0.
package struct RowPlace: Sendable, Hashable {
    package var input: Int
    package var row: Int

    package init(input: Int, row: Int) { (self.input, self.row) = (input, row) }

    /// Out of a request's labels, whatever else they say. This is all that an answer needs to find its request.
    /// - Parameter labels: minified JSON.
    package init?(_ labels: UnsafeRawBufferPointer) {
        guard let texts = labelTexts(labels), let input = texts["input"].flatMap(number),
            let row = texts["row"].flatMap(number)
        else { return nil }
        self.init(input: input, row: row)
    }
}

/// What the labels of a request say, by which its answer is matched with its record: the service keeps neither the order
/// of requests nor their bytes. Keys and values are at most 63 of `a-z 0-9 _ -`, as labels have to be.
package struct RequestLabels: Sendable, Equatable {
    package enum Identity: Sendable, Equatable {
        /// The interaction's id as it stands in a JSON string, without the quotes.
        case text([UInt8])
        /// SHA-256 of an id that is too long for labels.
        case digest([UInt8])

        /// - Parameter id: as it stands in a JSON string, without the quotes.
        package init(_ id: some Collection<UInt8>) {
            self = id.count <= RequestLabels.longestID ? .text(Array(id)) : .digest(Array(SHA256.hash(data: Array(id))))
        }
    }

    package var place: RowPlace
    /// The raw file in its day, `13-p00000-…`: see `FileStem`. `canary` for a request that the prompt file brings along.
    package var file: String
    /// Of the raw file, from 1; of a canary, its number.
    package var line: Int
    package var id: Identity

    package init(place: RowPlace, file: String, line: Int, id: Identity) {
        (self.place, self.file, self.line, self.id) = (place, file, line, id)
    }

    package static let canaryFile = "canary"
    package var isCanary: Bool { file == Self.canaryFile }

    /// Of a label's key or value.
    private static let longest = 63
    private static let mostChunks = 16
    /// Bytes whose base32 fits into the chunks.
    fileprivate static let longestID = mostChunks * longest * 5 / 8

    /// Appends the JSON object of the labels.
    package func append(to buffer: ByteBuffer) {
        buffer.append("{\"input\":\"")
        buffer.append(number: place.input, width: 5)
        buffer.append("\",\"row\":\"")
        buffer.append(number: place.row, width: 6)
        buffer.append("\",\"file\":\"")
        buffer.append(text: file)
        buffer.append("\",\"line\":\"")
        buffer.append(decimal: Int64(line))
        buffer.append("\"")
        switch id {
        case .text(let text):
            Base32.encode(text).withUnsafeBytes { letters in
                for (chunk, start) in stride(from: 0, to: letters.count, by: Self.longest).enumerated() {
                    buffer.append(",\"id-")
                    buffer.append(decimal: Int64(chunk))
                    buffer.append("\":\"")
                    let end = min(start + Self.longest, letters.count)
                    buffer.append(UnsafeRawBufferPointer(rebasing: letters[start..<end]))
                    buffer.append("\"")
                }
            }
        case .digest(let digest):
            buffer.append(",\"id-sha256\":\"")
            Base32.encode(digest).withUnsafeBytes { buffer.append($0) }
            buffer.append("\"")
        }
        buffer.append("}")
    }

    /// The reverse of `append`: out of an input object, which is our own. nil when something is missing or no label of
    /// ours.
    /// - Parameter labels: minified JSON.
    package init?(_ labels: UnsafeRawBufferPointer) {
        guard let place = RowPlace(labels), let texts = labelTexts(labels), let file = texts["file"], !file.isEmpty,
            let line = texts["line"].flatMap(number)
        else { return nil }
        let id: Identity
        if let digest = texts["id-sha256"] {
            guard let bytes = Base32.decode(digest.utf8), bytes.count == 32 else { return nil }
            id = .digest(bytes)
        } else {
            let chunks = (0..<Self.mostChunks).lazy.map { texts["id-\($0)"] }.prefix { $0 != nil }
            guard let bytes = Base32.decode(chunks.compactMap { $0 }.joined().utf8) else { return nil }
            id = .text(bytes)
        }
        self.init(place: place, file: file, line: line, id: id)
    }
}

/// The members that are texts; an echo may add others. nil when it is no object.
private func labelTexts(_ labels: UnsafeRawBufferPointer) -> [String: String]? {
    guard var members = JSONMembers(labels), members.isObject else { return nil }
    var texts: [String: String] = [:]
    while let member = members.next() {
        guard member.kind == .string else { continue }
        let key = String(decoding: UnsafeRawBufferPointer(rebasing: labels[member.key]), as: UTF8.self)
        let value = labels[member.value].dropFirst().dropLast()
        texts[key] = String(decoding: value, as: UTF8.self)
    }
    return members.isComplete ? texts : nil
}

/// Digits only, and not so many that it could overflow.
private func number(_ text: String) -> Int? {
    guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
}

extension ByteBuffer {
    /// With leading zeros: one for each power of ten below the width that it does not reach.
    fileprivate func append(number: Int, width: Int) {
        var limit = 10
        for _ in 1..<width {
            if number < limit { append(UInt8(ascii: "0")) }
            limit *= 10
        }
        append(decimal: Int64(number))
    }
}
