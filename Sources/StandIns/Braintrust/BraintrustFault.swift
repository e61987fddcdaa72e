/// An error answer of Braintrust: text, of no fixed form.
struct BraintrustFault: Error, Equatable, Sendable {
    var status: Int
    var message: String

    static func invalid(_ message: String) -> BraintrustFault { BraintrustFault(status: 400, message: message) }
    static func notFound(_ message: String) -> BraintrustFault { BraintrustFault(status: 404, message: message) }
}
