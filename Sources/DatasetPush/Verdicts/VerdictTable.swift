internal import Bytes

/// The verdicts of a day, by the records' places: two bytes for each record, since many records have the same verdict.
package struct VerdictTable: Sendable {
    /// As members of a row's metadata; the first one stands for no verdict.
    private var kinds: [[UInt8]] = [[]]
    private var numbers: [[UInt8]: UInt16] = [:]
    /// For each file, by line from 1: a place in `kinds`.
    private var files: [String: [UInt16]] = [:]
    package private(set) var count = 0
    /// Lines that are no verdict of ours.
    package private(set) var unreadable = 0

    /// No file of ours has more records.
    private static let mostLines = 20_000_000

    package init() {}

    package subscript(place: RecordPlace) -> [UInt8] {
        guard let lines = files[place.file], place.line >= 1, place.line <= lines.count else { return [] }
        return kinds[Int(lines[place.line - 1])]
    }

    /// Takes a line of a verdicts file. Records that were not judged have none.
    package mutating func add(_ line: UnsafeRawBufferPointer) {
        guard let verdict = VerdictReading(line), (1...Self.mostLines).contains(verdict.line) else {
            unreadable += 1
            return
        }
        guard let members = verdict.members else { return }
        guard let number = number(of: members) else {
            unreadable += 1
            return
        }
        var lines = files.removeValue(forKey: verdict.file) ?? []
        if lines.count < verdict.line {
            lines.append(contentsOf: repeatElement(0, count: verdict.line - lines.count))
        }
        if lines[verdict.line - 1] == 0 { count += 1 }
        lines[verdict.line - 1] = number
        files[verdict.file] = lines
    }

    private mutating func number(of members: [UInt8]) -> UInt16? {
        if let number = numbers[members] { return number }
        guard let number = UInt16(exactly: kinds.count) else { return nil }
        kinds.append(members)
        numbers[members] = number
        return number
    }
}

/// A line of a verdicts file, as far as rows tell it.
private struct VerdictReading {
    var file: String
    var line: Int
    /// nil for a record that was not judged.
    var members: [UInt8]?

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard var members = JSONMembers(bytes), members.isObject else { return nil }
        var file: String?
        var line: Int?
        var isJudged = false
        let told = ByteBuffer()
        while let member = members.next() {
            let value = UnsafeRawBufferPointer(rebasing: bytes[member.value])
            switch String(decoding: UnsafeRawBufferPointer(rebasing: bytes[member.key]), as: UTF8.self) {
            case "file" where member.kind == .string:
                file = String(decoding: value.dropFirst().dropLast(), as: UTF8.self)
            case "line" where member.kind == .number && value.count <= 9:
                line = Int(String(decoding: value, as: UTF8.self))
            case "status": isJudged = value.elementsEqual(Array(#""judged""#.utf8))
            case "verdict", "severity", "categories":
                told.append(",\"")
                told.append(UnsafeRawBufferPointer(rebasing: bytes[member.key]))
                told.append("\":")
                told.append(value)
            case "prompt":
                told.append(",\"judge_prompt\":")
                told.append(value)
            default: break
            }
        }
        guard members.isComplete, let file, let line else { return nil }
        (self.file, self.line) = (file, line)
        self.members = isJudged ? [UInt8](told.bytes) : nil
    }
}
