/// What has been asked of the stand-ins since they were started (or since the counts were reset).
struct CallStatistics: Sendable {
    struct Route: Sendable {
        /// Calls that came.
        var calls = 0
        /// By status; a connection that a script reset counts as 0.
        var statuses: [Int: Int] = [:]
        var inFlight = 0
        var inFlightMax = 0
        /// Calls of successful status for a body that had one before.
        var repeated = 0
        /// Hashes of the bodies that were answered successfully.
        var contents: Set<UInt64> = []
    }

    private(set) var routes: [String: Route] = [:]
    private(set) var inFlight = 0
    private(set) var inFlightMax = 0
    private(set) var usage = TokenUsage()
    /// How many batch prediction jobs were made, by display name.
    private var jobs: [String: Int] = [:]

    init() {}

    mutating func made(job displayName: String) { jobs[displayName, default: 0] += 1 }

    mutating func came(route: String) {
        inFlight += 1
        inFlightMax = max(inFlightMax, inFlight)
        var counts = routes[route] ?? Route()
        counts.calls += 1
        counts.inFlight += 1
        counts.inFlightMax = max(counts.inFlightMax, counts.inFlight)
        routes[route] = counts
    }

    mutating func left(route: String, status: Int, body: [UInt8], usage: TokenUsage? = nil) {
        inFlight -= 1
        if let usage { self.usage += usage }
        var counts = routes[route] ?? Route()
        routes[route] = nil  // so that its set is not copied
        counts.inFlight -= 1
        counts.statuses[status, default: 0] += 1
        if status == 200, !body.isEmpty, !counts.contents.insert(fingerprint(body)).inserted { counts.repeated += 1 }
        routes[route] = counts
    }

    /// Everything to nothing but the calls that are under way.
    mutating func reset() {
        usage = TokenUsage()
        jobs = [:]
        inFlightMax = inFlight
        routes = routes.mapValues { Route(inFlight: $0.inFlight, inFlightMax: $0.inFlight) }
    }

    var json: JSONValue {
        [
            "in_flight": .integer(inFlight), "in_flight_max": .integer(inFlightMax), "usage": usage.json,
            "jobs": .object(JSONObject(jobs.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            "routes": .object(
                JSONObject(
                    routes.sorted { $0.key < $1.key }.map { name, route in
                        let statuses = route.statuses.sorted { $0.key < $1.key }
                        let json: JSONValue = [
                            "calls": .integer(route.calls),
                            "statuses": .object(JSONObject(statuses.map { (String($0.key), .integer($0.value)) })),
                            "in_flight": .integer(route.inFlight), "in_flight_max": .integer(route.inFlightMax),
                            "distinct": .integer(route.contents.count), "repeated": .integer(route.repeated),
                        ]
                        return (name, json)
                    })),
        ]
    }
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): the same in every process.
func fingerprint(_ bytes: [UInt8], from start: UInt64 = 0xcbf2_9ce4_8422_2325) -> UInt64 {
    bytes.withUnsafeBufferPointer { bytes in
        var hash = start
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}
