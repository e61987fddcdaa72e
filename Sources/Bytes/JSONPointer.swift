/// Where a value lies in a JSON document (RFC 6901): `/timestamp`, `/meta/times/0`; the empty text is the document itself.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// The keys and array indices on the way, with `~0` and `~1` undone.
    package let tokens: [String]
    package let description: String

    /// nil when the text neither is empty nor begins with `/`, or holds a `~` that is not `~0` or `~1`.
    package init?(_ text: String) {
        var tokens: [String] = []
        for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            var token: [UInt8] = []
            var escaped = false
            for byte in part {
                switch (escaped, byte) {
                case (false, UInt8(ascii: "~")): escaped = true
                case (false, _): token.append(byte)
                case (true, UInt8(ascii: "0")), (true, UInt8(ascii: "1")):
                    token.append(byte == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
                    escaped = false
                default: return nil
                }
            }
            if escaped { return nil }
            tokens.append(String(decoding: token, as: UTF8.self))
        }
        guard tokens.first == "" else { return nil }
        self.tokens = Array(tokens.dropFirst())
        description = text
    }
}
