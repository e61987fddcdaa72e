internal import CLibrdkafka
internal import Support

extension RDKafkaHandle {
    /// What brokers are shown from now on; those that wait for a token go on. Does not block.
    func take(_ token: KafkaToken) throws(Failure) {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_oauthbearer_set_token(
            client, token.text.value, token.expiresAt, token.principal, nil, 0, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        // Its text may quote the token.
        throw Failure(
            .unavailable, "librdkafka does not take the token for Kafka (\(string(rd_kafka_err2name(code))))",
            remedy: "check the machine's clock: the token may have expired")
    }
}
