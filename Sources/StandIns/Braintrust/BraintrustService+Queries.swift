import Support

extension BraintrustService {
    mutating func btql(_ call: Call, now: Milliseconds) -> Answer {
        if let refusal = traffic.admit(perMinute: settings.queriesPerMinute, now: now) { return refusal }
        do throws(BraintrustFault) {
            let request = try BTQLRequest(body(call))
            var found: [RowTable] = []
            for source in request.query.sources {
                let id = try self.id(of: source, kind: request.query.kind)
                found.append(rows[try RowPlace(request.query.kind, id: id, in: tables).key] ?? RowTable())
            }
            let answer = try request.answer(from: found)
            guard let most = settings.queryBytesMax, answer.body.count > most else { return answer }
            return traffic.redirect(answer, base: call.base)
        } catch {
            return BTQLTraffic.fault(error)
        }
    }

    /// A source is an id or a name.
    private func id(of source: String, kind: BraintrustRoute.RowKind) throws(BraintrustFault) -> String {
        let owner = RowPlace.owner(of: kind)
        if tables[owner]?[source] != nil { return source }
        guard let id = tables[owner]?.find(name: source, project: nil)?["id"]?.string else {
            throw .notFound("no \(owner.rawValue) has the id or name \(source)")
        }
        return id
    }

    /// Writes many rows without reading any of them.
    mutating func fill(_ json: JSONValue, now: Milliseconds) throws(BraintrustFault) {
        let fill = try RowFill(json)
        let place = try RowPlace(fill.kind, id: id(of: fill.source, kind: fill.kind), in: tables)
        let id = fill.row.id ?? ""
        var members = fill.row.members
        for (key, value) in place.members { members[key] = .string(value) }
        for key in ["id", "span_id", "root_span_id"] { members[key] = .string(id) }
        members["is_root"] = true
        members["created"] = nil
        let rest = NumberedText(Array(JSONValue.object(members).bytes.dropFirst()))
        let numberedID = NumberedText(Array(id.utf8))
        let inputID = members["input"]?["id"] ?? nil
        let numberedInputID = inputID.string.map { NumberedText(Array($0.utf8)) }
        var table = rows.removeValue(forKey: place.key) ?? RowTable()
        for number in 0..<fill.count {
            let position = number % 1000
            if position == 0 { transaction += 1 }
            let key = RowTable.key(transaction: transaction, position: position)
            let head =
                #"{"_xact_id":"\#(transaction)","_pagination_key":"\#(key)","created":"\#(fill.created(number, now: now))","#
            table.put(
                Array(head.utf8) + rest.bytes(number), id: String(decoding: numberedID.bytes(number), as: UTF8.self),
                inputID: numberedInputID.map { .string(String(decoding: $0.bytes(number), as: UTF8.self)) } ?? inputID,
                transaction: transaction, position: position)
        }
        rows[place.key] = table
    }
}
