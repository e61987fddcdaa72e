/// What the stand-in for Braintrust serves.
enum BraintrustRoute: Sendable, Equatable {
    /// Objects that have a list.
    enum Kind: String, Sendable, CaseIterable { case project, project_tag, dataset, experiment }
    /// Objects that have rows.
    enum RowKind: String, Sendable, CaseIterable { case dataset, experiment, project_logs }

    case login, version, ping, hello, logs3, btql
    /// A large answer of a query, by a URL of its own.
    case result
    case list(Kind)
    case create(Kind)
    case replace(Kind)
    case get(Kind)
    case insert(RowKind)
    case fetch(RowKind)

    init?(_ call: Call) {
        let path = call.path
        switch (call.method, path.count) {
        case ("POST", 3) where path == ["api", "apikey", "login"]: self = .login
        case ("GET", 1) where path == ["version"]: self = .version
        case ("GET", 1) where path == ["ping"]: self = .ping
        case ("GET", 1) where path == ["v1"]: self = .hello
        case ("POST", 1) where path == ["logs3"]: self = .logs3
        case ("POST", 1) where path == ["btql"]: self = .btql
        case ("GET", 3) where path.starts(with: ["btql", "result"]): self = .result
        default:
            guard path.count >= 2, path[0] == "v1" else { return nil }
            switch (call.method, path.count, Kind(rawValue: path[1]), RowKind(rawValue: path[1]), path.last) {
            case ("GET", 2, let kind?, _, _): self = .list(kind)
            case ("POST", 2, let kind?, _, _): self = .create(kind)
            case ("PUT", 2, .project_tag, _, _): self = .replace(.project_tag)
            case ("GET", 3, let kind?, _, _): self = .get(kind)
            case ("POST", 4, _, let kind?, "insert"): self = .insert(kind)
            case ("POST", 4, _, let kind?, "fetch"): self = .fetch(kind)
            default: return nil
            }
        }
    }

    /// The name in scripts and counts: `project_tag.list`.
    var name: String {
        switch self {
        case .login: "login"
        case .version: "version"
        case .ping: "ping"
        case .hello: "hello"
        case .logs3: "logs3"
        case .btql: "btql"
        case .result: "btql.result"
        case .list(let kind): "\(kind.rawValue).list"
        case .create(let kind): "\(kind.rawValue).create"
        case .replace(let kind): "\(kind.rawValue).replace"
        case .get(let kind): "\(kind.rawValue).get"
        case .insert(let kind): "\(kind.rawValue).insert"
        case .fetch(let kind): "\(kind.rawValue).fetch"
        }
    }
}
