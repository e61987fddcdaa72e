import Support

/// What queries leave behind: how many came in the last minute, and large answers that wait to be fetched.
struct BTQLTraffic: Sendable {
    private static let resultsMax = 100

    private var times: [Milliseconds] = []
    /// The oldest first.
    private var results: [(id: String, answer: Answer)] = []
    private var made = 0

    init() {}

    /// Refuses a query when there were so many in the last minute.
    mutating func admit(perMinute most: Int?, now: Milliseconds) -> Answer? {
        guard let most else { return nil }
        times.removeAll { $0 <= now - 60_000 }
        guard times.count >= most, let first = times.first else {
            times.append(now)
            return nil
        }
        var answer = BTQLTraffic.fault(BraintrustFault(status: 429, message: "Rate limit: \(most) queries a minute"))
        answer.headers["retry-after"] = String((first + 60_000 - now + 999) / 1000)
        return answer
    }

    /// Unlike elsewhere, errors are JSON.
    static func fault(_ fault: BraintrustFault) -> Answer {
        Answer(status: fault.status, json: ["Code": "BTQLError", "Message": .string(fault.message)])
    }

    /// Puts a large answer elsewhere: a redirect with the cursor, which the body there does not have.
    mutating func redirect(_ answer: Answer, base: String) -> Answer {
        made += 1
        let id = String(made)
        let url =
            "\(base)/btql/result/\(id)?X-Amz-Expires=3600&X-Amz-Signature=\(String(fingerprint(answer.body), radix: 16))"
        var redirect = Answer.text(303, "See Other")
        redirect.headers["location"] = url
        var stored = answer
        stored.headers["x-bt-cursor"] = nil
        redirect.headers["x-bt-cursor"] = answer.headers["x-bt-cursor"]
        if var body = try? JSONValue(parsing: answer.body).object, body["data"] != nil {
            redirect.headers["x-bt-cursor"] = body["cursor"]?.string
            body["cursor"] = nil
            stored.body = JSONValue.object(body).bytes
        }
        results.append((id, stored))
        if results.count > BTQLTraffic.resultsMax { results.removeFirst() }
        return redirect
    }

    /// What a redirect leads to; the signature in its URL is all that it wants.
    func result(_ call: Call) -> Answer {
        guard call.headers["authorization"] == nil else {
            return .text(400, "Only one auth mechanism allowed: the query parameter or the Authorization header")
        }
        guard call.query.contains(where: { $0.name == "X-Amz-Signature" }),
            let found = results.first(where: { $0.id == call.path.last })
        else { return .text(403, "AccessDenied") }
        return found.answer
    }
}
