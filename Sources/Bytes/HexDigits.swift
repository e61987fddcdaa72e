/// Two lower-case hex digits for each byte.
package func hexDigits(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.unicodeScalars.append(
                Unicode.Scalar(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)))
        }
    }
    return text
}
