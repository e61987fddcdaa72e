/// The objects of one kind: listed newest first, found by id or by project and name.
struct ObjectTable: Sendable {
    let kind: BraintrustRoute.Kind
    /// The oldest first.
    private(set) var objects: [JSONObject] = []
    private var indices: [String: Int] = [:]

    init(_ kind: BraintrustRoute.Kind) { self.kind = kind }

    subscript(id: String) -> JSONObject? { indices[id].map { objects[$0] } }

    func find(name: String, project: String?) -> JSONObject? {
        objects.last { $0["name"]?.string == name && (project == nil || $0["project_id"]?.string == project) }
    }

    /// Adds an object, or puts it in place of the one of the same id.
    mutating func put(_ object: JSONObject) {
        guard let id = object["id"]?.string else { return }
        if let index = indices[id] {
            objects[index] = object
        } else {
            indices[id] = objects.count
            objects.append(object)
        }
    }

    /// A page as `GET /v1/<kind>` gives it.
    ///
    /// - Parameter projects: ids of projects by the name that the query gives.
    func page(_ query: ListQuery, projects: (String) -> [String]) throws(BraintrustFault) -> JSONValue {
        var range = objects.startIndex..<objects.endIndex
        if let cursor = query.startingAfter ?? query.endingBefore {
            guard let index = indices[cursor] else { throw .invalid("no \(kind.rawValue) has the id \(cursor)") }
            range = query.startingAfter != nil ? range.lowerBound..<index : index + 1..<range.upperBound
        }
        let wanted = query.projectName.map(projects)
        let found = objects[range].reversed().lazy.filter { object in
            let project = object["project_id"]?.string
            return (query.ids.isEmpty || query.ids.contains(object["id"]?.string ?? ""))
                && (query.name == nil || object["name"]?.string == query.name)
                && (query.projectID == nil || project == query.projectID)
                && (wanted == nil || wanted?.contains(project ?? "") == true)
        }
        let limit = query.limit ?? ListQuery.limitByDefault
        // The page before an object is the one that ends right before it.
        let page = query.endingBefore == nil ? Array(found.prefix(limit)) : found.suffix(limit)
        return ["objects": .array(page.map(JSONValue.object))]
    }
}

/// The query of a list, checked.
struct ListQuery: Sendable, Equatable {
    static let limitByDefault = 1000

    var limit: Int?
    var startingAfter: String?
    var endingBefore: String?
    var ids: [String]
    var name: String?
    var projectID: String?
    var projectName: String?

    init(_ call: Call, kind: BraintrustRoute.Kind) throws(BraintrustFault) {
        let nameField = "\(kind.rawValue)_name"
        var known: Set = ["limit", "starting_after", "ending_before", "ids", "org_name", nameField]
        if kind != .project { known.formUnion(["project_id", "project_name"]) }
        for (name, _) in call.query where !known.contains(name) { throw .invalid("\(name): unknown parameter") }
        func single(_ name: String) throws(BraintrustFault) -> String? {
            let values = call.values(name)
            guard values.count < 2 else { throw .invalid("\(name): given more than once") }
            return values.first
        }
        func uuid(_ name: String) throws(BraintrustFault) -> String? {
            guard let value = try single(name) else { return nil }
            guard isUUID(value) else { throw .invalid("\(name): \(value) is no UUID") }
            return value
        }
        if let text = try single("limit") {
            guard let limit = Int(text), limit >= 0 else { throw .invalid("limit: a whole number is needed") }
            self.limit = limit
        }
        startingAfter = try uuid("starting_after")
        endingBefore = try uuid("ending_before")
        if startingAfter != nil, endingBefore != nil {
            throw .invalid("starting_after and ending_before cannot be given together")
        }
        ids = call.values("ids")
        if let wrong = ids.first(where: { !isUUID($0) }) { throw .invalid("ids: \(wrong) is no UUID") }
        name = try single(nameField)
        if kind != .project {
            projectID = try uuid("project_id")
            projectName = try single("project_name")
        }
    }
}

/// The usual form: 8-4-4-4-12 hexadecimal digits.
func isUUID(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.utf8.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy { $0.isASCII && $0.isHexDigit }
}
