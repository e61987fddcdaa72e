import Support
import Synchronization
import Testing
import TestSupport

@testable import Kafka

@Suite struct TokenRenewalTests {
    private let away = Failure(.unavailable, "away")
    private let refused = Failure(.noPermission, "refused")

    @Test func theNextTokenIsAskedForAtFourFifthsOfALife() {
        var renewal = TokenRenewal()
        #expect(renewal.renewed(until: 3_600_000, at: 0) == .seconds(2880))
        // A metadata server repeats its token until the last minutes.
        #expect(renewal.renewed(until: 3_600_000, at: 2_880_000) == .seconds(576))
        #expect(renewal.renewed(until: 3_600_000, at: 3_456_000) == .milliseconds(115_200))
    }

    @Test func aTokenThatHasExpiredIsNotAskedForAgainAtOnce() {
        var renewal = TokenRenewal()
        #expect(renewal.renewed(until: 1000, at: 1000) == .seconds(1))
        #expect(renewal.renewed(until: 1000, at: 900_000) == .seconds(1))
    }

    @Test func failuresCountOnceThereIsNoTokenLeft() {
        var renewal = TokenRenewal()
        #expect(renewal.failed(away, at: 0) == .locksOut)
        #expect(renewal.failed(refused, at: 0) == .ends)
        _ = renewal.renewed(until: 3_600_000, at: 0)
        #expect(renewal.failed(away, at: 3_599_999) == .none)
        #expect(renewal.failed(refused, at: 3_599_999) == .none)
        #expect(renewal.failed(away, at: 3_600_000) == .locksOut)
        #expect(renewal.failed(refused, at: 3_600_000) == .ends)
    }
}

@Suite struct TokenLoopTests {
    /// A world in which attempts follow a script, time passes by sleeping, and all that happens is noted down.
    private final class World: Sendable {
        struct State {
            var attempts: [Result<Duration, Failure>]
            var taken: [Milliseconds] = []
            var reported: [KafkaError] = []
        }

        let clock = ManualClock()
        let state: Mutex<State>

        /// - Parameter attempts: how long each token is good; after the last one the loop is cancelled.
        init(_ attempts: [Result<Duration, Failure>]) { state = Mutex(State(attempts: attempts)) }

        /// The clock of the tokens is the clock of the sleeps.
        struct Wall: WallClock {
            let clock: ManualClock
            let start: ManualClock.Instant
            func now() -> Milliseconds { start.duration(to: clock.now).milliseconds }
        }

        func run(taking: @escaping @Sendable (KafkaToken) throws(Failure) -> Void = { _ in }) async {
            let wall = Wall(clock: clock, start: clock.now)
            let provider: KafkaTokenProvider = { [self] () async throws(Failure) in
                let attempt = state.withLock { $0.attempts.isEmpty ? nil : $0.attempts.removeFirst() }
                guard let attempt else {
                    withUnsafeCurrentTask { $0?.cancel() }
                    throw Failure(.unavailable, "the script is over")
                }
                return KafkaToken(
                    text: Secret("secret"), principal: "me", expiresAt: wall.now() + (try attempt.get()).milliseconds)
            }
            let loop = TokenLoop(
                provider: provider,
                take: { [self] (token) throws(Failure) in
                    try taking(token)
                    state.withLock { $0.taken.append(token.expiresAt) }
                },
                report: { [self] error in state.withLock { $0.reported.append(error) } }, clock: clock, wallClock: wall)
            await Task { await loop.run() }.value
        }
    }

    @Test func oneTokenFollowsAnotherInTime() async {
        let world = World([.success(.seconds(100)), .success(.seconds(50))])
        await world.run()
        #expect(world.clock.sleeps.prefix(2) == [.seconds(80), .seconds(40)])
        #expect(world.state.withLock(\.taken) == [100_000, 130_000])
    }

    @Test func aFailureWhileTheTokenIsGoodIsTriedAgainQuietly() async {
        let world = World([.success(.seconds(100)), .failure(Failure(.unavailable, "away")), .success(.seconds(100))])
        await world.run()
        #expect(world.clock.sleeps.prefix(2) == [.seconds(80), TokenRenewal.waitAfterFailure])
        #expect(world.state.withLock(\.taken).count == 2)
    }

    @Test func whoCannotLogInIsToldWhyAndTriesAgain() async throws {
        let world = World([.failure(Failure(.unavailable, "away", remedy: "wait")), .success(.seconds(100))])
        await world.run()
        let error = try #require(world.state.withLock(\.reported).first)
        #expect(error.kind == .unreachable && error.explainsConnection)
        #expect(error.failure == Failure(.unavailable, "away", remedy: "wait"))
        #expect(world.state.withLock(\.taken).count == 1)
    }

    @Test func whoIsRefusedGivesUp() async throws {
        let world = World([.failure(Failure(.noPermission, "no", remedy: "ask")), .success(.seconds(100))])
        await world.run()
        let error = try #require(world.state.withLock(\.reported).first)
        #expect(error.kind == .authentication)
        #expect(error.failure == Failure(.noPermission, "no", remedy: "ask"))
        #expect(world.state.withLock(\.attempts).count == 1)
    }

    @Test func aTokenThatCameTooLateIsNoToken() async throws {
        let world = World([.success(.seconds(1))])
        await world.run(taking: { (_) throws(Failure) in throw Failure(.unavailable, "expired") })
        #expect(world.state.withLock(\.reported).first?.message == "expired")
        #expect(world.state.withLock(\.taken) == [])
    }
}

@Suite struct TokensOfClientsTests {
    private static let properties = [
        (name: "security.protocol", value: "sasl_plaintext"), (name: "sasl.mechanism", value: "OAUTHBEARER"),
    ]

    private func consumer(
        _ tokens: @escaping KafkaTokenProvider, log: @escaping @Sendable (KafkaLogLine) -> Void = { _ in }
    ) throws -> KafkaConsumer {
        try KafkaConsumer.start(
            KafkaConsumerConfiguration(
                brokers: "127.0.0.1:1", topic: "t", groupID: "g",
                properties: Self.properties + [("debug", "security")], tokens: tokens), onLog: log)
    }

    @Test func bothClientsOfAConsumerTakeATokenThatNobodyIsShown() async throws {
        let lines = Mutex<[String]>([])
        let (connecting, connected) = AsyncStream.makeStream(of: Void.self)
        let consumer = try consumer { () async throws(Failure) in
            KafkaToken(text: Secret("hunter2.a.b"), principal: "me", expiresAt: SystemWallClock().now() + 60_000)
        } log: { line in
            lines.withLock { $0.append(line.message) }
            // "Waking up waiting broker threads after setting OAUTHBEARER token"
            if line.message.contains("setting OAUTHBEARER token") { connected.yield() }
        }
        var iterator = connecting.makeAsyncIterator()
        for _ in 0..<2 { await iterator.next() }
        await consumer.close()
        #expect(!lines.withLock { $0.contains { $0.contains("hunter2") } })
    }

    @Test func aTokenThatHasExpiredIsRefusedWithoutBeingShown() async throws {
        let consumer = try consumer { () async throws(Failure) in
            KafkaToken(text: Secret("hunter2"), principal: "me", expiresAt: 1)
        }
        let error = try await consumer.read { if case .problem(let error) = $0 { error } else { nil } }
        #expect(error.failure.status == .unavailable)
        #expect(error.failure.description.contains("machine's clock"))
        #expect(!error.description.contains("hunter2"))
        await consumer.close()
    }

    @Test func aRefusalEndsTheConsumerWithItsOwnRemedy() async throws {
        let refusal = Failure(.noPermission, "the key was refused", remedy: "make another")
        let consumer = try consumer { () async throws(Failure) in throw refusal }
        let error = await #expect(throws: KafkaError.self) { try await consumer.partitions(timeout: .seconds(300)) }
        #expect(error?.failure == refusal)
        await consumer.close()
    }

    @Test(arguments: [Failure(.unavailable, "away", remedy: "wait"), Failure(.noPermission, "no", remedy: "ask")])
    func aProducerKnowsWhyItCannotLogIn(why: Failure) {
        let shared = ProducerShared()
        shared.noteConnection(KafkaError(noToken: why))
        #expect(shared.state.withLock { $0.connectionError?.failure } == why)
    }
}
