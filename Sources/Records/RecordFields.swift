package import Bytes

/// Where in a record lies what is asked about. In an envelope the pointers apply to the value inside.
package struct RecordFields: Sendable, Equatable {
    package var id: JSONPointer
    /// Where an identity is when `id` leads to none.
    package var otherID: JSONPointer?
    /// The first that leads to some content counts.
    package var input: [JSONPointer]
    package var output: [JSONPointer]

    package init(id: JSONPointer, input: [JSONPointer], output: [JSONPointer]) {
        (self.id, self.input, self.output) = (id, input, output)
    }

    package static let idStandard = "/id"
    package static let inputStandard = ["/input", "/messages", "/prompt"]
    package static let outputStandard = ["/output", "/response", "/completion"]
}
