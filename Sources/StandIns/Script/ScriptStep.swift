/// One entry of a script: which calls it is for, and what becomes of them instead of the usual answer.
///
/// As JSON, all members optional; members of other names are refused:
///
/// | member | meaning |
/// |---|---|
/// | `route` | a route's name, a service (`anthropic`, `braintrust`, `vertex`, `metadata`), or `*`, the default |
/// | `contains` | only calls whose body contains this text |
/// | `after` | lets so many of its calls pass first |
/// | `times` | how many calls it is for, 1 by default; 0 is without end |
/// | `delay_ms` | waits before the answer |
/// | `status` | answers with an error of this status |
/// | `error_type`, `message` | of that error, where the service has such |
/// | `retry_after` | header `retry-after`: seconds, or text as it is |
/// | `headers` | more headers |
/// | `body` | the whole body: text as it is, anything else as JSON |
/// | `text` | the model's text |
/// | `stop_reason` | the message's |
/// | `truncate` | ends the connection after so many bytes of the body, or half of it for `true` |
/// | `reset` | resets the connection instead of an answer |
/// | `outcome` | of a batch's request (routes `batches.item`, `batch_jobs.row`) or of a job (`batch_jobs.end`) |
/// | `rows` | how many requests of that job are answered |
struct ScriptStep: Sendable, Equatable {
    enum Truncation: Sendable, Equatable { case half, after(Int) }
    enum Outcome: String, Sendable, CaseIterable {
        case succeeded, errored, canceled, expired
        /// Of a row: the prompt is blocked; there is no row; there are two.
        case blocked, missing, duplicated
        /// Of a job: it has succeeded in part.
        case partial
    }

    var route = "*"
    var contains: [UInt8] = []
    var after = 0
    var times = 1
    var delayMilliseconds = 0
    var status: Int?
    var errorType: String?
    var message: String?
    var retryAfter: String?
    var headers: [String: String] = [:]
    var body: [UInt8]?
    var text: String?
    var stopReason: String?
    var truncate: Truncation?
    var reset = false
    var outcome: Outcome?
    var rows: Int?

    init() {}
}

/// Why a script is not one.
struct ScriptFault: Error, Equatable, Sendable, CustomStringConvertible {
    var description: String
}

extension ScriptStep {
    init(_ json: JSONValue) throws(ScriptFault) {
        guard let object = json.object else { throw ScriptFault(description: "a step is a JSON object") }
        for member in object.members { try read(member.key, member.value) }
        if let status, status < 400, body == nil {
            throw ScriptFault(description: "status: \(status) is no error, so it needs a body")
        }
    }

    private mutating func read(_ key: String, _ value: JSONValue) throws(ScriptFault) {
        func string() throws(ScriptFault) -> String {
            guard let string = value.string else { throw ScriptFault(description: "\(key): a string is needed") }
            return string
        }
        func count(_ range: ClosedRange<Int>) throws(ScriptFault) -> Int {
            guard let integer = value.integer, range.contains(integer) else {
                throw ScriptFault(description: "\(key): a whole number from \(range) is needed")
            }
            return integer
        }
        switch key {
        case "route": route = try string()
        case "contains": contains = Array(try string().utf8)
        case "after": after = try count(0...1_000_000)
        case "times": times = try count(0...1_000_000)
        case "delay_ms": delayMilliseconds = try count(0...3_600_000)
        case "status": status = try count(200...599)
        case "error_type": errorType = try string()
        case "message": message = try string()
        case "retry_after": retryAfter = value.string ?? value.text
        case "headers":
            for member in value.object?.members ?? [] { headers[member.key.lowercased()] = member.value.string }
        case "body": body = value.string.map { Array($0.utf8) } ?? value.bytes
        case "text": text = try string()
        case "stop_reason": stopReason = try string()
        case "truncate": truncate = value == true ? .half : .after(try count(0...1_000_000_000))
        case "reset": reset = value == true
        case "outcome":
            outcome = Outcome(rawValue: try string())
            guard outcome != nil else {
                let all = Outcome.allCases.map(\.rawValue).joined(separator: ", ")
                throw ScriptFault(description: "outcome: one of \(all)")
            }
        case "rows": rows = try count(0...1_000_000)
        default: throw ScriptFault(description: "\(key): no member of a step")
        }
    }
}

/// The steps that are left. The first one that fits a call is used.
struct Script: Sendable, Equatable {
    private(set) var steps: [ScriptStep]

    init(steps: [ScriptStep] = []) { self.steps = steps }

    /// From a JSON array of steps.
    init(_ json: JSONValue) throws(ScriptFault) {
        guard let array = json.array else { throw ScriptFault(description: "a script is a JSON array of steps") }
        steps = []
        for element in array { steps.append(try ScriptStep(element)) }
    }

    mutating func append(_ other: Script) { steps += other.steps }

    /// The step for a call, which is one fewer from now on.
    ///
    /// - Parameter service: empty for what is no call, a row of a batch for instance: only its own route is for it.
    mutating func next(route: String, service: String, body: [UInt8]) -> ScriptStep? {
        for index in steps.indices {
            let step = steps[index]
            guard step.route == route || (!service.isEmpty && (step.route == service || step.route == "*")),
                step.contains.isEmpty || body.containsBytes(step.contains)
            else { continue }
            if step.after > 0 {
                steps[index].after -= 1
                continue
            }
            if step.times == 1 { steps.remove(at: index) } else if step.times > 1 { steps[index].times -= 1 }
            return step
        }
        return nil
    }
}

extension [UInt8] {
    func containsBytes(_ other: [UInt8]) -> Bool {
        guard let first = other.first, other.count <= count else { return other.isEmpty }
        return (0...(count - other.count)).contains {
            self[$0] == first && self[$0..<$0 + other.count].elementsEqual(other)
        }
    }
}
