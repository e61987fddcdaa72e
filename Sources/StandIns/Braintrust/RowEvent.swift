/// One event of an insert, checked.
struct RowEvent: Sendable, Equatable {
    var id: String?
    /// Adds to the row instead of replacing it.
    var isMerge: Bool
    var isDelete: Bool
    /// What is kept.
    var members: JSONObject

    private static let control: Set<String> = ["_is_merge", "_object_delete", "_merge_paths", "_array_delete"]
    private static let originKinds: Set<String> = [
        "project_logs", "experiment", "dataset", "prompt", "function", "prompt_session",
    ]

    init(_ json: JSONValue) throws(BraintrustFault) {
        guard var object = json.object else { throw .invalid("events: each is an object") }
        func flag(_ key: String) throws(BraintrustFault) -> Bool {
            guard let value = object[key], !value.isNull else { return false }
            guard let bool = value.bool else { throw .invalid("\(key): a boolean is needed") }
            return bool
        }
        if let value = object["id"], !value.isNull {
            guard let id = value.string, !id.isEmpty else { throw .invalid("id: a string is needed") }
            self.id = id
        }
        isMerge = try flag("_is_merge")
        isDelete = try flag("_object_delete")
        for key in ["_merge_paths", "_array_delete"] where !(object[key]?.isNull ?? true) {
            throw .invalid("\(key): not served by the stand-in")
        }
        if let metadata = object["metadata"], !metadata.isNull, metadata.object == nil {
            throw .invalid("metadata: an object is needed")
        }
        try RowEvent.checkTags(object["tags"] ?? nil)
        try RowEvent.checkScores(object["scores"] ?? nil)
        try RowEvent.checkOrigin(object["origin"] ?? nil)
        object.members.removeAll { RowEvent.control.contains($0.key) }
        members = object
    }

    private static func checkTags(_ tags: JSONValue) throws(BraintrustFault) {
        guard !tags.isNull else { return }
        guard let names = tags.array?.compactMap(\.string), names.count == tags.array?.count else {
            throw .invalid("tags: a list of strings is needed")
        }
        guard Set(names).count == names.count else { throw .invalid("tags: a tag is there twice") }
    }

    private static func checkScores(_ scores: JSONValue) throws(BraintrustFault) {
        guard !scores.isNull else { return }
        guard let members = scores.object?.members else { throw .invalid("scores: an object is needed") }
        for member in members where !member.value.isNull {
            guard let score = member.value.double, (0...1).contains(score) else {
                throw .invalid("scores.\(member.key): a number from 0 to 1 is needed")
            }
        }
    }

    private static func checkOrigin(_ origin: JSONValue) throws(BraintrustFault) {
        guard !origin.isNull else { return }
        guard originKinds.contains(origin["object_type"]?.string ?? ""), origin["object_id"]?.string != nil,
            origin["id"]?.string != nil
        else { throw .invalid("origin: object_type, object_id and id are needed") }
    }
}
