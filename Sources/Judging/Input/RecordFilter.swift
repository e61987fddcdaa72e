package import Bytes

/// A condition on a record: the value at a pointer, or one of the elements of a list there, is a certain text.
package struct RecordFilter: Sendable, Equatable, CustomStringConvertible {
    package let pointer: JSONPointer
    /// A string's text, or the JSON of a number or truth value.
    package let value: String

    package var description: String { "\(pointer)=\(value)" }

    /// From `/pointer=value`; nil for anything else.
    package init?(_ text: String) {
        guard let equals = text.firstIndex(of: "="), let pointer = JSONPointer(String(text[..<equals])),
            !pointer.tokens.isEmpty
        else { return nil }
        (self.pointer, value) = (pointer, String(text[text.index(after: equals)...]))
    }

    /// - Parameter range: of the record in its line, minified JSON.
    package func holds(_ line: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        guard let found = pointer.find(in: line, range) else { return false }
        guard line[found.lowerBound] == UInt8(ascii: "["), var elements = JSONMembers(line, in: found) else {
            return equals(UnsafeRawBufferPointer(rebasing: line[found]))
        }
        while let element = elements.next() {
            if equals(UnsafeRawBufferPointer(rebasing: line[element.value])) { return true }
        }
        return false
    }

    private func equals(_ json: UnsafeRawBufferPointer) -> Bool {
        guard json.first == UInt8(ascii: "\"") else { return json.elementsEqual(value.utf8) }
        return JSONText.equals(value, UnsafeRawBufferPointer(rebasing: json[1..<(json.count - 1)]))
    }
}
