import Bytes
import Foundation
import Gzip

/// Settings of every engine and level.
let allSettings = GzipEngine.allCases.flatMap { engine in
    engine.levels.compactMap { GzipSettings(engine: engine, level: $0) }
}

/// Lines of JSON, `count` bytes of them, always the same for one seed.
func jsonLines(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SplitMix(state: seed)
    let words = [
        "answer", "question", "the", "of", "model", "because", "hour", "partition", "is", "not", "when", "très",
    ]
    var result: [UInt8] = []
    result.reserveCapacity(count + 4096)
    while result.count < count {
        let text = (0..<random.next(below: 200)).map { _ in words[random.next(below: words.count)] }
        result += Array(#"{"id":"\#(random.next())","text":"\#(text.joined(separator: " "))"}"#.utf8) + [0x0A]
    }
    return Array(result.prefix(count))
}

/// Bytes that no compressor makes smaller.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SplitMix(state: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}

/// A random number generator with a seed (splitmix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// One member for each piece.
func compress(
    _ pieces: [[UInt8]], _ settings: GzipSettings = GzipSettings(), pool: BlockPool = BlockPool(blockSize: 4096)
) throws -> ByteRope {
    let rope = RopeWriter(pool: pool)
    let writer = try GzipWriter(settings)
    for piece in pieces { try piece.withUnsafeBytes { try writer.appendMember(of: $0, to: rope) } }
    return rope.finish()
}

/// What `GzipReader` makes of a stream that comes in pieces of `step` bytes.
func decompress(_ compressed: [UInt8], step: Int = .max) throws -> [UInt8] {
    let reader = GzipReader()
    var result: [UInt8] = []
    var next = 0
    while next < compressed.count {
        let end = next + min(step, compressed.count - next)
        try compressed[next..<end].withUnsafeBytes { try reader.feed($0) { result.append(contentsOf: $0) } }
        next = end
    }
    try reader.finish()
    return result
}

/// What another program prints when it gets `input` on its standard input; nil when it fails.
func output(of command: [String], given input: [UInt8]) throws -> [UInt8]? {
    let file = FileManager.default.temporaryDirectory.appending(path: "gzip-test-\(UUID().uuidString)")
    try Data(input).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = try FileHandle(forReadingFrom: file)
    let printed = Pipe()
    process.standardOutput = printed
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try printed.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? Array(bytes) : nil
}
