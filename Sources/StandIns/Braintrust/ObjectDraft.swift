/// The body that makes an object, checked.
struct ObjectDraft: Sendable, Equatable {
    let kind: BraintrustRoute.Kind
    var name: String?
    let projectID: String?
    /// A name that is taken gets an addition (experiments, `ensure_new`).
    let isAlwaysNew: Bool
    private let members: JSONObject

    init(_ kind: BraintrustRoute.Kind, _ json: JSONValue) throws(BraintrustFault) {
        let object = json.object ?? JSONObject()
        func string(_ key: String) throws(BraintrustFault) -> String? {
            guard let value = object[key], !value.isNull else { return nil }
            guard let string = value.string else { throw .invalid("\(key): a string is needed") }
            return string
        }
        for key in ["description", "color", "org_name"] { _ = try string(key) }
        if let tags = object["tags"], !tags.isNull, tags.array?.allSatisfy({ $0.string != nil }) != true {
            throw .invalid("tags: a list of strings is needed")
        }
        if let metadata = object["metadata"], !metadata.isNull, metadata.object == nil {
            throw .invalid("metadata: an object is needed")
        }
        let name = try string("name")
        if kind != .experiment, name?.isEmpty ?? true { throw .invalid("name: Required") }
        if kind != .project {
            guard let id = try string("project_id"), isUUID(id) else { throw .invalid("project_id: a UUID is needed") }
        }
        self.init(kind, unchecked: object)
    }

    init(_ kind: BraintrustRoute.Kind, unchecked object: JSONObject) {
        self.kind = kind
        members = object
        name = object["name"]?.string
        projectID = kind == .project ? nil : object["project_id"]?.string
        isAlwaysNew = kind == .experiment && object["ensure_new"] == true
    }

    /// The members that the API gives for each kind; the rest of what was sent is not kept.
    private var defaults: [(String, JSONValue)] {
        switch kind {
        case .project: [("description", nil), ("deleted_at", nil), ("settings", nil)]
        case .project_tag: [("description", nil), ("color", nil), ("position", nil)]
        case .dataset: [("description", nil), ("deleted_at", nil), ("tags", nil), ("metadata", nil), ("url_slug", nil)]
        case .experiment:
            [
                ("description", nil), ("deleted_at", nil), ("tags", nil), ("metadata", nil), ("repo_info", nil),
                ("commit", nil), ("base_exp_id", nil), ("dataset_id", nil), ("dataset_version", nil), ("public", false),
            ]
        }
    }

    func object(id: String, user: String, organization: String, created: String) -> JSONObject {
        var object = JSONObject([("id", .string(id))])
        if kind == .project {
            object["org_id"] = .string(organization)
        } else {
            object["project_id"] = members["project_id"]
        }
        object["user_id"] = .string(user)
        object["created"] = members["created"] ?? .string(created)
        object["name"] = .optional(name)
        if kind == .experiment, name == nil { object["name"] = .string("experiment-\(id.prefix(8))") }
        for (key, value) in defaults { object[key] = members[key] ?? value }
        return object
    }
}
