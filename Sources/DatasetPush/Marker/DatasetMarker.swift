internal import Support

/// What a dataset's description says about the records that it wants: `[[relevant_tags: ["billing", "bug report"]]]`.
///
/// Several markers count together. What cannot be understood is told, and the rest counts. A list that does not end counts
/// for nothing, since nobody knows what else is to be in it.
package struct DatasetMarker: Sendable, Equatable {
    /// Without white space around them, each once, in the order in which they come.
    package private(set) var tags: [String] = []
    /// What is wrong, in words.
    package private(set) var problems: [String] = []
    /// Whether there is something that is meant as a marker.
    package private(set) var isPresent = false

    package static let keyword = "relevant_tags"
    /// More is not read: an error of somebody's program, and no list that anyone wrote.
    package static let mostTags = 10_000

    package init(description: String?) {
        guard let description else { return }
        var scanner = MarkerScanner(description)
        var seen: Set<ExactText> = []
        while let found = scanner.next() {
            isPresent = true
            problems += found.problems
            for tag in found.tags {
                let name = trimmedScalars(tag)
                if name.isEmpty {
                    problems.append("an empty tag is left out")
                } else if tags.count == Self.mostTags {
                    problems.append("only the first \(Self.mostTags) tags count")
                    return
                } else if seen.insert(ExactText(name)).inserted {
                    tags.append(name)
                }
            }
        }
    }
}

/// Finds the markers of a text, one after another.
struct MarkerScanner {
    struct Found {
        var tags: [String] = []
        var problems: [String] = []
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// nil when there is no further one.
    mutating func next() -> Found? {
        while let start = keyword(from: position) {
            position = start + DatasetMarker.keyword.utf8.count
            switch brackets(before: start) {
            case 0: continue  // the word in a sentence
            case 1:
                skipQuote()
                // In a sentence, too: [see relevant_tags].
                guard take(UInt8(ascii: ":")) else { continue }
                return Found(problems: ["single brackets: write [[relevant_tags: [\"a\", \"b\"]]]"])
            default: return marker()
            }
        }
        return nil
    }

    /// Where the keyword next begins, in any letter case.
    private func keyword(from start: Int) -> Int? {
        let word = Array(DatasetMarker.keyword.utf8)
        guard bytes.count >= word.count else { return nil }
        var next = start
        while next <= bytes.count - word.count {
            var length = 0
            while length < word.count, lowercased(bytes[next + length]) == word[length] { length += 1 }
            if length == word.count { return next }
            next += 1
        }
        return nil
    }

    private func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    /// How many opening brackets stand before a place, but for white space and the quote of a key in quotes.
    private func brackets(before place: Int) -> Int {
        var count = 0
        var isQuoteAllowed = true
        for byte in bytes[..<place].reversed() {
            if byte == UInt8(ascii: "[") {
                count += 1
                isQuoteAllowed = false
            } else if byte == UInt8(ascii: "\""), isQuoteAllowed {
                isQuoteAllowed = false
            } else if !isSpace(byte) {
                break
            }
        }
        return count
    }

    private mutating func marker() -> Found {
        var found = Found()
        skipQuote()
        guard take(UInt8(ascii: ":")) else {
            found.problems.append("no ':' after relevant_tags")
            return found
        }
        guard take(UInt8(ascii: "[")) else {
            found.problems.append("no list after 'relevant_tags:': write [\"a\", \"b\"]")
            return found
        }
        var list = TagListScanner(bytes, from: position)
        guard list.read() else {
            found.problems = list.problems + ["the list of tags does not end: nothing of it counts"]
            position = list.position
            return found
        }
        position = list.position
        (found.tags, found.problems) = (list.tags, list.problems)
        if found.tags.isEmpty, found.problems.isEmpty { found.problems.append("the list of tags is empty") }
        if !(take(UInt8(ascii: "]")) && take(UInt8(ascii: "]"))) {
            found.problems.append("no ']]' after the list of tags")
        }
        return found
    }

    private mutating func skipQuote() {
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { position += 1 }
    }

    /// Takes a byte, and the white space before it.
    private mutating func take(_ byte: UInt8) -> Bool {
        var next = position
        while next < bytes.count, isSpace(bytes[next]) { next += 1 }
        guard next < bytes.count, bytes[next] == byte else { return false }
        position = next + 1
        return true
    }
}

/// White space as JSON has it.
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
