internal import Bytes
package import Support

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Why a record is no interaction. The raw value is how lines, counters and reports spell it.
package enum DeadLetterReason: String, Sendable, CaseIterable, Codable {
    case nullValue = "null_value"
    case tooLarge = "too_large"
    case notUTF8 = "not_utf8"
    case notJSON = "not_json"
    case notObject = "not_object"
    case tooDeep = "too_deep"

    init(_ reason: JSONFault.Reason) {
        switch reason {
        case .notUTF8: self = .notUTF8
        case .notJSON: self = .notJSON
        case .notObject: self = .notObject
        case .tooDeep: self = .tooDeep
        }
    }
}

/// A line of a dead-letter file, read back: everything that is needed to produce the record again, byte for byte.
package struct DeadLetter: Sendable, Equatable {
    package struct Header: Sendable, Equatable {
        package var name: [UInt8]
        package var value: [UInt8]?

        package init(name: [UInt8], value: [UInt8]?) { (self.name, self.value) = (name, value) }
    }

    package var reason: DeadLetterReason
    /// Where the fault is; never what is there.
    package var detail: String
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    package var timestamp: Milliseconds?
    package var timestampType: KafkaTimestampType
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: [Header]

    /// Throws `Failure(.protocolError)`, which tells nothing of the content, when the line is not a dead letter.
    package static func decode(_ line: UnsafeRawBufferPointer) throws(Failure) -> DeadLetter {
        do {
            return try JSONDecoder().decode(DeadLetter.self, from: Data(line))
        } catch {
            throw Failure(.protocolError, "a line of \(line.count) bytes is not a dead letter")
        }
    }
}

extension DeadLetter: Decodable {
    private enum Member: String, CodingKey {
        case reason, detail, topic, partition, offset, timestamp, headers
        case timestampType = "timestamp_type"
        case key = "key_base64"
        case value = "value_base64"
    }

    // Null and missing are not the same: a line without its value is damaged, not a tombstone.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        reason = try members.decode(DeadLetterReason.self, forKey: .reason)
        detail = try members.decode(String.self, forKey: .detail)
        topic = try members.decode(String.self, forKey: .topic)
        partition = try members.decode(Int32.self, forKey: .partition)
        offset = try members.decode(Int64.self, forKey: .offset)
        timestamp = try members.decode(Milliseconds?.self, forKey: .timestamp)
        timestampType = try members.decode(KafkaTimestampType.self, forKey: .timestampType)
        key = try members.decode(Data?.self, forKey: .key).map { [UInt8]($0) }
        value = try members.decode(Data?.self, forKey: .value).map { [UInt8]($0) }
        headers = try members.decode([Header].self, forKey: .headers)
    }
}

extension DeadLetter.Header: Decodable {
    private enum Member: String, CodingKey {
        case name
        case nameBase64 = "name_base64"
        case value = "value_base64"
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Member.self)
        if let encoded = try members.decodeIfPresent(Data.self, forKey: .nameBase64) {
            name = [UInt8](encoded)
        } else {
            name = Array(try members.decode(String.self, forKey: .name).utf8)
        }
        value = try members.decode(Data?.self, forKey: .value).map { [UInt8]($0) }
    }
}

extension ByteBuffer {
    /// Appends a record as a dead letter, with its line feed.
    func append(
        deadLetter record: KafkaRecordView, headers: [KafkaHeaderView], reason: DeadLetterReason, detail: String
    ) {
        append("{\"reason\":\"")
        append(text: reason.rawValue)
        append("\",\"detail\":\"")
        append(text: detail)
        append("\",")
        append(origin: record)
        append(",")
        append(member: "key_base64", base64: record.key)
        append(",")
        append(member: "value_base64", base64: record.value)
        append(",\"headers\":[")
        for (index, header) in headers.enumerated() {
            append(index == 0 ? "{" : ",{")
            append(member: "name", "name_base64", header.name)
            append(",")
            append(member: "value_base64", base64: header.value)
            append("}")
        }
        append("]}\n")
    }
}
