import Support
import Synchronization

/// All stand-ins together: finds the route, follows the script, counts, waits. Knows nothing of HTTP connections.
final class DevCloud: Sendable {
    private struct State {
        var anthropic: AnthropicService
        var braintrust: BraintrustService
        var script: Script
        var statistics = CallStatistics()
        /// Calls of `POST /v1/messages` that were let in and not answered yet.
        var messages = 0
    }

    /// A call that is for one of the services.
    private enum Destination {
        case anthropic(AnthropicRoute?)
        case braintrust(BraintrustRoute?)
        case vertex(VertexRoute?)
        case metadata

        var service: String {
            switch self {
            case .anthropic: "anthropic"
            case .braintrust: "braintrust"
            case .vertex: "vertex"
            case .metadata: "metadata"
            }
        }

        /// The name in scripts and counts.
        var route: String {
            switch self {
            case .anthropic(let route): route?.rawValue ?? "anthropic.unknown"
            case .braintrust(let route): route?.name ?? "braintrust.unknown"
            case .vertex(let route): route?.rawValue ?? "vertex.unknown"
            case .metadata: MetadataService.route
            }
        }
    }

    private let settings: StandInSettings
    private let clock: any WallClock
    private let state: Mutex<State>
    private let vertex: VertexService

    /// - Throws: `BraintrustFault` when the seed is not one.
    init(
        _ settings: StandInSettings, script: Script = Script(), seed: JSONValue? = nil, store: JobStore = .none,
        clock: any WallClock
    ) throws {
        self.settings = settings
        self.clock = clock
        vertex = VertexService(settings, store: store, clock: clock)
        var braintrust = BraintrustService(settings)
        if let seed { try braintrust.seed(seed, now: clock.now()) }
        let anthropic = AnthropicService(settings, now: clock.now())
        state = Mutex(State(anthropic: anthropic, braintrust: braintrust, script: script))
    }

    /// The largest body that any route takes.
    static let bodyBytesMax = AnthropicRoute.createBatch.bodyBytesMax

    func answer(_ call: Call) async -> Answer {
        if MetadataService.serves(call) { return await answer(call, .metadata) }
        var call = call
        let service = call.path[0]
        call.path.removeFirst()
        call.base += "/\(service)"
        switch service {
        case "_devcloud": return control(call)
        case "anthropic": return await answer(call, .anthropic(AnthropicRoute(call)))
        case "braintrust": return await answer(call, .braintrust(BraintrustRoute(call)))
        case "vertex": return await answer(call, .vertex(VertexRoute(call)))
        default: return .text(404, "devcloud serves /anthropic, /braintrust and /vertex")
        }
    }

    private func answer(_ call: Call, _ destination: Destination) async -> Answer {
        let route = destination.route
        let step = state.withLock { state in
            state.statistics.came(route: route)
            return state.script.next(route: route, service: destination.service, body: call.body)
        }
        var answer: Answer
        var prepared: AnthropicService.Prepared?
        if let step, let scripted = state.withLock({ scriptedAnswer(step, destination, &$0) }) {
            answer = scripted
        } else {
            switch destination {
            case .anthropic(let route):
                let result = anthropic(call, route, step)
                prepared = result
                answer = result.answer
            case .braintrust(let route): answer = braintrust(call, route)
            case .vertex(let route): answer = await vertex(call, route, step)
            case .metadata: answer = MetadataService.answer(call, settings)
            }
        }
        step?.damage(&answer)
        // Refusals are quick.
        let latency = answer.status < 400 ? settings.latency : .zero
        let delay = latency + .milliseconds(step?.delayMilliseconds ?? 0)
        if delay > .zero { try? await Task.sleep(for: delay) }
        state.withLock { state in
            if let prepared { state.anthropic.sent(prepared, now: clock.now()) }
            if prepared?.isMessage == true { state.messages -= 1 }
            state.statistics.left(
                route: route, status: answer.damage == .reset ? 0 : answer.status, body: call.body,
                usage: prepared?.usage)
        }
        return answer
    }

    // MARK: - Services

    private func anthropic(_ call: Call, _ route: AnthropicRoute?, _ step: ScriptStep?) -> AnthropicService.Prepared {
        guard let route else {
            return state.withLock { AnthropicService.Prepared(answer: $0.anthropic.fault(.notFound("Not Found"))) }
        }
        // Reading a large body takes long, so it is done outside of the lock.
        let request = Result { () throws(AnthropicFault) in
            try AnthropicRequest(call, route: route, key: settings.key)
        }
        let override = MessageReply.Override(text: step?.text, stopReason: step?.stopReason)
        return state.withLock { state in
            if route == .messages, let most = settings.messagesMax, state.messages >= most {
                return AnthropicService.Prepared(
                    answer: state.anthropic.tooMany(
                        "Number of concurrent connections has exceeded your rate limit", retryAfter: 1))
            }
            let prepared = state.anthropic.prepare(
                request, call: call, override: override, script: &state.script, now: clock.now())
            if prepared.isMessage { state.messages += 1 }
            return prepared
        }
    }

    private func braintrust(_ call: Call, _ route: BraintrustRoute?) -> Answer {
        guard let route else { return BraintrustService.fault(.notFound("route not found")) }
        return state.withLock { $0.braintrust.answer(call, route: route, now: clock.now()) }
    }

    private func vertex(_ call: Call, _ route: VertexRoute?, _ step: ScriptStep?) async -> Answer {
        var change = GeminiReply.Change(text: step?.text, finishReason: step?.stopReason)
        if step?.outcome == .blocked { change.blockReason = step?.message ?? "SAFETY" }
        let outcome = await vertex.answer(call, route: route, change: change) { [self] route, body in
            state.withLock { $0.script.next(route: route, service: "", body: body) }
        }
        if let name = outcome.madeJob { state.withLock { $0.statistics.made(job: name) } }
        return outcome.answer
    }

    /// An error or a body that a script gives instead of the service's answer.
    private func scriptedAnswer(_ step: ScriptStep, _ destination: Destination, _ state: inout State) -> Answer? {
        if let body = step.body {
            return Answer(status: step.status ?? 200, body: body, type: "application/json")
        }
        guard let status = step.status, step.outcome == nil else { return nil }
        let message = step.message ?? "A script asked for it."
        switch destination {
        case .anthropic:
            return state.anthropic.fault(AnthropicFault(status: status, type: step.errorType, message: message))
        case .braintrust: return BraintrustService.fault(BraintrustFault(status: status, message: message))
        case .vertex: return VertexFault(status: status, message: message).answer
        case .metadata: return MetadataService.signed(.text(status, message))
        }
    }

    // MARK: - Control

    /// `GET` and `DELETE /_devcloud/calls`; `GET`, `POST` and `DELETE /_devcloud/script`;
    /// `POST /_devcloud/fill`.
    private func control(_ call: Call) -> Answer {
        state.withLock { state in
            switch (call.method, call.path) {
            case ("GET", ["calls"]): return Answer(json: state.statistics.json)
            case ("DELETE", ["calls"]):
                state.statistics.reset()
                return Answer(json: state.statistics.json)
            case ("POST", ["script"]):
                do {
                    state.script.append(try Script(JSONValue(parsing: call.body)))
                } catch {
                    return .text(400, "\(error)")
                }
            case ("POST", ["fill"]):
                do throws(BraintrustFault) {
                    guard let json = try? JSONValue(parsing: call.body) else { throw .invalid("fill: no JSON") }
                    try state.braintrust.fill(json, now: clock.now())
                } catch {
                    return BraintrustService.fault(error)
                }
            case ("DELETE", ["script"]): state.script = Script()
            case ("GET", ["script"]): break
            default: return .text(404, "devcloud: no such control")
            }
            return Answer(json: ["steps": .integer(state.script.steps.count)])
        }
    }
}

extension ScriptStep {
    /// What happens to an answer on its way.
    func damage(_ answer: inout Answer) {
        answer.headers.merge(headers) { $1 }
        if let retryAfter { answer.headers["retry-after"] = retryAfter }
        switch truncate {
        case .half: answer.damage = .cut(after: answer.body.count / 2)
        case .after(let count): answer.damage = .cut(after: min(count, answer.body.count))
        case nil: break
        }
        if reset { answer.damage = .reset }
    }
}
