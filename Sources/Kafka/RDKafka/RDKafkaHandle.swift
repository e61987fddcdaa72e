internal import CLibrdkafka
internal import Support

/// Owns one librdkafka client. Whoever holds memory of the client (a batch of records) holds this object, since
/// librdkafka must not be destroyed before its messages.
///
/// `@unchecked Sendable`: the pointers never change, and librdkafka's functions may be called from any thread.
final class RDKafkaHandle: @unchecked Sendable {
    let client: OpaquePointer
    /// The queue that the poll thread serves: a consumer's queue, a producer's main queue.
    let queue: OpaquePointer
    /// Never filled: a thread waits on it until it is woken.
    let signal: OpaquePointer
    private let context: Unmanaged<CallbackContext>
    private let isDestroyable: Bool

    /// Takes over `configuration`, and keeps `context` as long as callbacks may come.
    init(
        _ type: rd_kafka_type_t, _ configuration: consuming RDKafkaConfiguration, context: CallbackContext
    ) throws(KafkaError) {
        // Before 2.3 a consumer that is destroyed before its first assignment ends the process (librdkafka #4381).
        isDestroyable =
            rd_kafka_version() >= 0x0203_0000
            || configuration.value("partition.assignment.strategy") != "cooperative-sticky"
        let retained = Unmanaged.passRetained(context)
        configuration.setCallbacks(retained)
        let client: OpaquePointer
        do throws(KafkaError) {
            client = try configuration.makeClient(type)
        } catch {
            retained.release()
            throw error
        }
        self.client = client
        self.context = retained
        signal = rd_kafka_queue_new(client)
        // A consumer that is in no group has none of its own.
        if type == RD_KAFKA_CONSUMER, let consumer = rd_kafka_queue_get_consumer(client) {
            rd_kafka_poll_set_consumer(client)
            queue = consumer
        } else {
            queue = rd_kafka_queue_get_main(client)
        }
    }

    deinit {
        guard isDestroyable else { return }
        // Destroying waits for librdkafka's threads, and the last reference may go anywhere.
        let (client, queue, signal, context) = (Address(client), Address(queue), Address(signal), context.toOpaque())
        let contextAddress = UInt(bitPattern: context)
        let destroy = { @Sendable in
            rd_kafka_queue_destroy(signal.pointer)
            rd_kafka_queue_destroy(queue.pointer)
            rd_kafka_destroy_flags(client.pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            guard let context = UnsafeMutableRawPointer(bitPattern: contextAddress) else { return }
            Unmanaged<CallbackContext>.fromOpaque(context).release()
        }
        // Without a thread it waits here.
        do throws(Failure) { try startThread(named: "kafka-destroy", destroy) } catch { destroy() }
    }

    /// Makes the poll thread return from waiting, now or the next time it waits.
    func wake() {
        rd_kafka_queue_yield(queue)
        rd_kafka_queue_yield(signal)
    }

    /// Waits until woken, without serving the client's queue.
    func waitForWake(_ timeout: Duration) {
        if let event = rd_kafka_queue_poll(signal, timeout.wholeMilliseconds) { rd_kafka_event_destroy(event) }
    }
}

/// Carries a pointer into a closure that alone will use it.
private struct Address: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
}

extension Duration {
    /// As C functions take it: whole milliseconds, rounded up, never negative.
    var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let milliseconds = min(seconds, 1_000_000) * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: milliseconds)
    }
}
