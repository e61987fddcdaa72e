/// Which object's rows are meant.
struct RowPlace: Sendable, Equatable {
    /// Of the table of rows.
    let key: String
    /// The members that say so in each row.
    let members: [String: String]

    init(
        _ kind: BraintrustRoute.RowKind, id: String, in tables: [BraintrustRoute.Kind: ObjectTable]
    ) throws(BraintrustFault) {
        key = "\(kind.rawValue)/\(id)"
        let owner = RowPlace.owner(of: kind)
        guard let object = tables[owner]?[id] else { throw .notFound("no \(owner.rawValue) has the id \(id)") }
        members =
            switch kind {
            case .dataset: ["project_id": object["project_id"]?.string ?? "", "dataset_id": id]
            case .experiment: ["project_id": object["project_id"]?.string ?? "", "experiment_id": id]
            case .project_logs: ["project_id": id, "log_id": "g"]
            }
    }

    /// What the rows of a kind belong to.
    static func owner(of kind: BraintrustRoute.RowKind) -> BraintrustRoute.Kind {
        switch kind {
        case .dataset: .dataset
        case .experiment: .experiment
        case .project_logs: .project
        }
    }

    /// From the ids that a row carries.
    init(of row: JSONValue, in tables: [BraintrustRoute.Kind: ObjectTable]) throws(BraintrustFault) {
        if let id = row["dataset_id"]?.string {
            try self.init(.dataset, id: id, in: tables)
        } else if let id = row["experiment_id"]?.string {
            try self.init(.experiment, id: id, in: tables)
        } else if let id = row["project_id"]?.string, row["log_id"] == "g" {
            try self.init(.project_logs, id: id, in: tables)
        } else {
            throw .invalid("a row has dataset_id, experiment_id, or project_id with log_id \"g\"")
        }
    }
}
