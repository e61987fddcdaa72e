import Glibc

/// Where finished lines go. Tests put their own in.
package struct LineSink: Sendable {
    private let send: @Sendable ([UInt8]) -> Void

    /// - Parameter send: gets whole lines, with their newline, from any thread.
    package init(_ send: @escaping @Sendable ([UInt8]) -> Void) { self.send = send }

    package func write(_ bytes: [UInt8]) { send(bytes) }
    package func write(_ text: String) { send(Array(text.utf8)) }

    package static let standardError = LineSink(descriptor: STDERR_FILENO)
    package static let standardOutput = LineSink(descriptor: STDOUT_FILENO)

    /// One write(2) for each call, so that lines of several threads do not mix. A reader that went away loses the rest:
    /// there is nowhere to report it.
    package init(descriptor: Int32) {
        self.init { bytes in
            bytes.withUnsafeBytes { buffer in
                var rest = buffer[...]
                while !rest.isEmpty {
                    let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }

    package static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}
