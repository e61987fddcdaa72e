package import Support

/// Refuses names that some store cannot hold as they are: an error of whoever made the name, found before anything is sent.
package func checkName(_ name: String, in location: String) throws(Failure) {
    let components = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let isValid =
        !name.isEmpty && name.utf8.count <= 900
        && components.allSatisfy { component in
            !component.isEmpty && component.count <= 255 && !component.elementsEqual(".".utf8)
                && !component.elementsEqual("..".utf8)
        }
        && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    guard isValid else {
        throw Failure(
            .failure, "\(location): “\(printable(name))” cannot be the name of an object",
            remedy: "names are up to 900 bytes of /-separated parts, without control characters, “.” and “..”")
    }
}
