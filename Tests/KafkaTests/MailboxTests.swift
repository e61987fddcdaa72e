@testable import Kafka
import Testing

@Suite struct MailboxTests {
    private func take(_ mailbox: inout Mailbox, records: Bool = true) -> [String] {
        mailbox.take(records: records, maxBytes: 1 << 20).map { event in
            switch event {
            case .endOfPartition(let partition, let offset): "end \(partition) \(offset)"
            case .partitionError(let partition, let error): "error \(partition) \(error.message)"
            case .problem(let error): "problem \(error.message)"
            default: "other"
            }
        }
    }

    /// Whoever gets the partition anew, or seeks it, must not be told of what happened to it before.
    @Test func whatAFormerAssignmentLeftBehindIsNotToldToTheNext() {
        var mailbox = Mailbox()
        mailbox.append(partitionError: KafkaError(.offsetOutOfRange, message: "former"), partition: 1)
        mailbox.append(endOfPartition: 1, offset: 5)
        mailbox.append(partitionError: KafkaError(.other, message: "stays"), partition: 2)
        mailbox.startGeneration([1])
        mailbox.append(partitionError: KafkaError(.offsetOutOfRange, message: "now"), partition: 1)
        mailbox.append(endOfPartition: 1, offset: 6)
        #expect(take(&mailbox) == ["error 2 stays", "error 1 now", "end 1 6"])
    }

    @Test func whatIsUrgentComesFirstAndOnce() {
        var mailbox = Mailbox()
        mailbox.append(endOfPartition: 1, offset: 5)
        for _ in 0..<2 { mailbox.post(KafkaError(.unreachable, message: "down"), isFatal: false) }
        #expect(take(&mailbox, records: false) == ["problem down"])
        #expect(take(&mailbox) == ["end 1 5"])
        #expect(take(&mailbox) == [])
    }
}
