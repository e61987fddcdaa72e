internal import Bytes

/// A line of an input object, as it was written.
struct RequestLine {
    let bytes: UnsafeRawBufferPointer
    let labels: RequestLabels
    /// Of what the model is shown.
    let contents: Range<Int>?
    private let labelsPlace: Range<Int>

    /// - Returns: nil when it is no request with this place in its labels.
    init?(_ bytes: UnsafeRawBufferPointer, at place: RowPlace) {
        let json = LooseJSON(bytes: bytes)
        guard let body = json.member("request", of: 0..<bytes.count),
            let member = json.member("labels", of: body.value),
            let labels = RequestLabels(json.text(member.value)), labels.place == place
        else { return nil }
        (self.bytes, self.labels, labelsPlace) = (bytes, labels, member.value)
        contents = json.member("contents", of: body.value)?.value
    }

    /// Appends the same request with labels that say another place.
    func append(at place: RowPlace, to buffer: ByteBuffer) {
        var labels = labels
        labels.place = place
        buffer.append(UnsafeRawBufferPointer(rebasing: bytes[..<labelsPlace.lowerBound]))
        labels.append(to: buffer)
        buffer.append(UnsafeRawBufferPointer(rebasing: bytes[labelsPlace.upperBound...]))
    }
}
