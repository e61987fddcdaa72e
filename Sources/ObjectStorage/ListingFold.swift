/// Turns names into a listing as `ObjectStore.list` promises it: for stores that see every name themselves.
package struct ListingFold {
    private let prefix: String
    private let start: String?
    private let delimiter: Character?
    package private(set) var listing = ObjectListing(objects: [], prefixes: [])

    package init(prefix: String, from start: String?, delimiter: Character?) {
        (self.prefix, self.start, self.delimiter) = (prefix, start, delimiter)
    }

    /// Names must come in the order of their UTF-8 bytes.
    package mutating func add(_ object: ObjectInfo) {
        guard object.name.utf8.starts(with: prefix.utf8) else { return }
        if let start, isBefore(object.name, start) { return }
        if let folded = foldedPrefix(of: object.name) {
            if listing.prefixes.last != folded { listing.prefixes.append(folded) }
        } else {
            listing.objects.append(object)
        }
    }

    /// The name up to and with the delimiter after the prefix; nil when it holds none.
    private func foldedPrefix(of name: String) -> String? {
        guard let delimiter else { return nil }
        let mark = Array(String(delimiter).utf8)
        var position = name.utf8.index(name.utf8.startIndex, offsetBy: prefix.utf8.count)
        while position < name.utf8.endIndex {
            if name.utf8[position...].starts(with: mark) {
                return String(name[..<name.utf8.index(position, offsetBy: mark.count)])
            }
            position = name.utf8.index(after: position)
        }
        return nil
    }
}

/// The order of listings: by UTF-8 bytes. (`<` of strings compares what they look like, after Unicode normalisation.)
package func isBefore(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}
