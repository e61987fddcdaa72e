/// What may stand in the paths of requests. Names come from settings, from state in the store, and from answers.
enum VertexName {
    /// With a domain's prefix for old projects (`example.com:name`).
    static func isProject(_ text: String) -> Bool { isPart(text, besides: ".:") }

    static func isLocation(_ text: String) -> Bool { isPart(text, besides: "") }

    /// The location in `projects/P/locations/L/batchPredictionJobs/ID`; nil when it is no such name.
    static func location(ofJob name: String) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "projects", parts[2] == "locations", parts[4] == "batchPredictionJobs",
            isProject(parts[1]), isLocation(parts[3]), isPart(parts[5], besides: "_", upperCase: true)
        else { return nil }
        return parts[3]
    }

    /// The full name of a model, as Google's own clients make it of a short one; nil when it cannot be one.
    static func model(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= 500, parts.allSatisfy({ isPart($0, besides: "._@:", upperCase: true) }) else {
            return nil
        }
        if ["projects", "publishers", "models"].contains(parts[0]) { return parts.count > 1 ? text : nil }
        switch parts.count {
        case 1: return "publishers/google/models/\(text)"
        case 2: return "publishers/\(parts[0])/models/\(parts[1])"
        default: return nil
        }
    }

    private static func isPart(_ text: String, besides others: String, upperCase: Bool = false) -> Bool {
        let allowed = Set(others.utf8)
        return (1...128).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): upperCase
                default: allowed.contains(byte)
                }
            }
    }
}
