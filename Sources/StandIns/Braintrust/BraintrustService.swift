import Support

/// The stand-in for Braintrust, without HTTP: one organization with its projects. The time is given.
struct BraintrustService: Sendable {
    private static let rowBytesMaxByDefault = 6 << 20

    let settings: StandInSettings
    private let organizationID: String
    private let userID: String
    private var generator = SplitMix64(seed: 0x62_72_61_69_6e)
    var transaction = 1_000_196_000_000_000_000
    var tables: [BraintrustRoute.Kind: ObjectTable] = [:]
    var rows: [String: RowTable] = [:]
    var traffic = BTQLTraffic()

    init(_ settings: StandInSettings) {
        self.settings = settings
        organizationID = BraintrustService.uuid(&generator)
        userID = BraintrustService.uuid(&generator)
        for kind in BraintrustRoute.Kind.allCases { tables[kind] = ObjectTable(kind) }
    }

    mutating func answer(_ call: Call, route: BraintrustRoute, now: Milliseconds) -> Answer {
        do throws(BraintrustFault) {
            // It has its key in the URL.
            if route != .result { try authenticate(call) }
            return try authorized(call, route: route, now: now)
        } catch {
            return BraintrustService.fault(error)
        }
    }

    private func authenticate(_ call: Call) throws(BraintrustFault) {
        guard let key = call.bearer else { throw BraintrustFault(status: 401, message: "Unauthorized: no API key") }
        guard key == settings.key else {
            throw BraintrustFault(status: 401, message: "Unauthorized: wrong API key")
        }
    }

    static func fault(_ fault: BraintrustFault) -> Answer { .text(fault.status, fault.message) }

    private mutating func authorized(
        _ call: Call, route: BraintrustRoute, now: Milliseconds
    ) throws(BraintrustFault) -> Answer {
        switch route {
        case .login: return Answer(json: login(call))
        case .version:
            var version: JSONObject = JSONObject([("version", "devcloud"), ("deployment_mode", "stand-in")])
            version["logs3_payload_max_bytes"] = settings.rowBytesMax.map(JSONValue.integer)
            return Answer(json: .object(version))
        case .ping: return Answer(json: ["id": .string(userID), "name": "devcloud"])
        case .hello: return .text(200, "Hello, World!")
        case .list(let kind): return Answer(json: try list(kind, call))
        case .get(let kind):
            guard let object = tables[kind]?[call.path[2]] else {
                throw .notFound("no \(kind.rawValue) has the id \(call.path[2])")
            }
            return Answer(json: .object(object))
        case .create(let kind): return try create(kind, body(call), replaces: false, now: now)
        case .replace(let kind): return try create(kind, body(call), replaces: true, now: now)
        case .insert(let kind): return Answer(json: try insert(kind, id: call.path[2], call: call, now: now))
        case .logs3: return Answer(json: try logs3(call, now: now))
        case .btql: return btql(call, now: now)
        case .result: return traffic.result(call)
        case .fetch(let kind): return try fetch(kind, id: call.path[2], call: call)
        }
    }

    private func login(_ call: Call) -> JSONValue {
        [
            "org_info": [
                [
                    "id": .string(organizationID), "name": "devcloud",
                    "api_url": .string(call.base), "proxy_url": .string(call.base), "realtime_url": nil,
                    "is_universal_api": true, "git_metadata": nil,
                ]
            ]
        ]
    }

    // MARK: - Objects

    private func list(_ kind: BraintrustRoute.Kind, _ call: Call) throws(BraintrustFault) -> JSONValue {
        let query = try ListQuery(call, kind: kind)
        guard let table = tables[kind], let projects = tables[.project] else { return ["objects": []] }
        return try table.page(query) { name in
            projects.objects.filter { $0["name"]?.string == name }.compactMap { $0["id"]?.string }
        }
    }

    private mutating func create(
        _ kind: BraintrustRoute.Kind, _ json: JSONValue, replaces: Bool, now: Milliseconds
    ) throws(BraintrustFault) -> Answer {
        var draft = try ObjectDraft(kind, json)
        if let project = draft.projectID, tables[.project]?[project] == nil {
            throw .invalid("project_id: no project has the id \(project)")
        }
        if let name = draft.name, let existing = tables[kind]?.find(name: name, project: draft.projectID) {
            if draft.isAlwaysNew {
                draft.name = "\(name)-\(BraintrustService.uuid(&generator).prefix(8))"
            } else {
                let id = existing["id"]?.string ?? ""
                let object = replaces ? self.object(draft, id: id, now: now) : existing
                tables[kind]?.put(object)
                return Answer(headers: ["x-bt-found-existing": "true"], json: .object(object))
            }
        }
        let object = object(draft, id: BraintrustService.uuid(&generator), now: now)
        tables[kind]?.put(object)
        return Answer(json: .object(object))
    }

    private func object(_ draft: ObjectDraft, id: String, now: Milliseconds) -> JSONObject {
        draft.object(id: id, user: userID, organization: organizationID, created: rfc3339(now))
    }

    // MARK: - Rows

    private mutating func insert(
        _ kind: BraintrustRoute.RowKind, id: String, call: Call, now: Milliseconds
    ) throws(BraintrustFault) -> JSONValue {
        let place = try RowPlace(kind, id: id, in: tables)
        guard let events = try rowBody(call)["events"]?.array else { throw .invalid("events: a list is needed") }
        return ["row_ids": .array(try write(events.map { (place, $0) }, now: now))]
    }

    /// The SDK's way to insert: rows of any objects, each with the ids of its own.
    private mutating func logs3(_ call: Call, now: Milliseconds) throws(BraintrustFault) -> JSONValue {
        let json = try rowBody(call)
        guard let rows = json["rows"]?.array, json["api_version"]?.integer == 2 else {
            throw .invalid("rows and api_version 2 are needed")
        }
        var events: [(RowPlace, JSONValue)] = []
        for row in rows { events.append((try RowPlace(of: row, in: tables), row)) }
        return ["ids": .array(try write(events, now: now))]
    }

    /// All rows or none.
    private mutating func write(
        _ events: [(place: RowPlace, event: JSONValue)], now: Milliseconds
    ) throws(BraintrustFault) -> [JSONValue] {
        var checked: [(RowPlace, RowEvent)] = []
        for (place, event) in events { checked.append((place, try RowEvent(event))) }
        transaction += 1
        return checked.enumerated().map { index, entry in
            let (place, event) = entry
            let id = event.id ?? BraintrustService.uuid(&generator)
            var members = event.members
            if event.isMerge, let current = rows[place.key]?.current(id) { members = current.merged(with: members) }
            members["id"] = .string(id)
            members["_xact_id"] = .string(String(transaction))
            members["_pagination_key"] = .string(RowTable.key(transaction: transaction, position: index))
            for (key, value) in place.members { members[key] = .string(value) }
            for (key, value) in [("created", rfc3339(now)), ("span_id", id), ("root_span_id", id)]
            where members[key]?.isNull ?? true { members[key] = .string(value) }
            if members["is_root"] == nil { members["is_root"] = .bool(members["span_id"] == members["root_span_id"]) }
            rows[place.key, default: RowTable()].put(
                members, id: id, transaction: transaction, position: index, isDeleted: event.isDelete)
            return .string(id)
        }
    }

    private func fetch(_ kind: BraintrustRoute.RowKind, id: String, call: Call) throws(BraintrustFault) -> Answer {
        let place = try RowPlace(kind, id: id, in: tables)
        let json = try body(call)
        for key in json.object?.keys ?? [] where !["limit", "cursor", "version"].contains(key) {
            throw .invalid("\(key): not served by the stand-in")
        }
        let limit = json["limit"] ?? nil
        guard limit.isNull || (limit.integer ?? -1) >= 0 else { throw .invalid("limit: a whole number is needed") }
        var version: Int?
        if let text = json["version"], !text.isNull {
            guard let number = text.string.flatMap({ Int($0) }) else { throw .invalid("version: no _xact_id") }
            version = number
        }
        let table = rows[place.key] ?? RowTable()
        let page = try table.page(limit: limit.integer ?? 1000, cursor: json["cursor"]?.string, version: version)
        return Answer(body: page.body, type: "application/json")
    }

    // MARK: - Bodies

    func body(_ call: Call) throws(BraintrustFault) -> JSONValue {
        let json: JSONValue
        do { json = try JSONValue(parsing: call.body) } catch { throw .invalid("the body is no JSON: \(error)") }
        guard json.object != nil else { throw .invalid("the body is no JSON object") }
        return json
    }

    /// Of a request with rows, whose size is limited.
    private func rowBody(_ call: Call) throws(BraintrustFault) -> JSONValue {
        let most = settings.rowBytesMax ?? BraintrustService.rowBytesMaxByDefault
        guard call.body.count <= most else {
            throw BraintrustFault(status: 413, message: "Payload Too Large: \(call.body.count) > \(most) bytes")
        }
        return try body(call)
    }

    /// The same ones in each run.
    private static func uuid(_ generator: inout SplitMix64) -> String {
        let hex = padHex(generator.next()) + padHex(generator.next())
        let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in
            String(hex.dropFirst(range.lowerBound).prefix(range.count))
        }
        return parts.joined(separator: "-")
    }

    private static func padHex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension BraintrustService {
    /// What is there from the start.
    ///
    /// ```json
    /// {"project": [{"name": "p"}],
    ///  "project_tag": [{"project_name": "p", "name": "spam", "description": null}],
    ///  "dataset": [{"project_name": "p", "name": "d", "description": null, "events": [{"id": "1"}]}],
    ///  "project_logs": [{"project_name": "p", "events": [{"id": "1"}]}]}
    /// ```
    ///
    /// A project that is named is made when it is not there. Values are taken as they are, nulls too: what the API
    /// would not accept may be listed by it all the same.
    mutating func seed(_ json: JSONValue, now: Milliseconds) throws(BraintrustFault) {
        guard let sections = json.object else { throw .invalid("a seed is a JSON object") }
        for section in sections.members {
            for entry in section.value.array ?? [] { try seed(section.key, entry, now: now) }
        }
    }

    private mutating func seed(_ section: String, _ entry: JSONValue, now: Milliseconds) throws(BraintrustFault) {
        guard var members = entry.object else { throw .invalid("\(section): a list of objects is needed") }
        let isProject = section == BraintrustRoute.Kind.project.rawValue
        if !isProject {
            let name = members["project_name"]?.string ?? "devcloud"
            let project = try create(.project, ["name": .string(name)], replaces: false, now: now)
            members["project_id"] = (try? JSONValue(parsing: project.body))?["id"]
        }
        let events = (members["events"]?.array ?? [])
        for key in ["project_name", "events"] { members[key] = nil }
        if section == BraintrustRoute.RowKind.project_logs.rawValue {
            let place = try RowPlace(.project_logs, id: members["project_id"]?.string ?? "", in: tables)
            _ = try write(events.map { (place, $0) }, now: now)
            return
        }
        guard let kind = BraintrustRoute.Kind(rawValue: section) else { throw .invalid("\(section): unknown section") }
        let id = members["id"]?.string ?? BraintrustService.uuid(&generator)
        let draft = ObjectDraft(kind, unchecked: members)
        let object = object(draft, id: id, now: now)
        tables[kind]?.put(object)
        guard !events.isEmpty, let rowKind = BraintrustRoute.RowKind(rawValue: section) else { return }
        let place = try RowPlace(rowKind, id: id, in: tables)
        _ = try write(events.map { (place, $0) }, now: now)
    }
}
