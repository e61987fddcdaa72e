/// The messages of Vertex AI as its discovery document (aiplatform v1) describes them, as far as the stand-in serves them.
///
/// A body is read the way protocol buffers are read from JSON: members by either spelling of their names, null as absent,
/// numbers as text where they have 64 bits; what the document does not know is refused.
struct VertexSchema: Sendable {
    private indirect enum Form: Sendable {
        case text, bool, integer, long, number, anything
        /// One of an enumeration's words.
        case word(String)
        case message(String)
        case list(Form)
        case map(Form)
        /// Set by the service; what a client sends there is ignored.
        case output
        /// The service knows it, the stand-in does not.
        case unserved
    }

    static let shared = VertexSchema(vertexMessages)

    private var messages: [String: [String: Form]] = [:]
    private var words: [String: Set<String>] = [:]

    /// From a table: see `vertexMessages`.
    private init(_ table: String) {
        var name = ""
        for line in table.split(separator: "\n") {
            guard line.hasPrefix(" ") else {
                name = String(line)
                continue
            }
            for entry in line.split(separator: " ") {
                let parts = entry.split(separator: ":", maxSplits: 1)
                if parts.count == 2 {
                    messages[name, default: [:]][String(parts[0])] = VertexSchema.form(parts[1])
                } else {
                    words[name, default: []].insert(String(entry))
                }
            }
        }
    }

    private static func form(_ text: Substring) -> Form {
        switch text.first {
        case "[": .list(form(text.dropFirst()))
        case "{": .map(form(text.dropFirst()))
        case "=": .word(String(text.dropFirst()))
        default:
            switch text {
            case "string": .text
            case "bool": .bool
            case "int": .integer
            case "long": .long
            case "number": .number
            case "any": .anything
            case "-": .output
            case "!": .unserved
            default: .message(String(text))
            }
        }
    }

    /// The message with the document's names, and without what says nothing: null members, and those that only the service sets.
    func message(_ json: JSONValue, _ name: String, at place: String = "") throws(VertexFault) -> JSONObject {
        guard let object = json.object else { throw VertexSchema.wrong("an object", place) }
        var result = JSONObject()
        for member in object.members {
            let key = camelCased(member.key)
            guard let form = messages[name]?[key] else {
                throw .invalid(
                    "Invalid JSON payload received. Unknown name \"\(member.key)\""
                        + (place.isEmpty ? "" : " at '\(place)'") + ": Cannot find field.")
            }
            guard !member.value.isNull else { continue }
            guard result[key] == nil else { throw .invalid("Invalid JSON payload received. \(key): given twice") }
            let inner = place.isEmpty ? key : "\(place).\(key)"
            if let value = try value(member.value, form, at: inner) { result[key] = value }
        }
        return result
    }

    private func value(_ json: JSONValue, _ form: Form, at place: String) throws(VertexFault) -> JSONValue? {
        switch form {
        case .output: return nil
        case .unserved: throw .invalid("\(place): not served by the stand-in")
        case .anything: return json
        case .text where json.string != nil, .bool where json.bool != nil: return json
        case .text: throw VertexSchema.wrong("a string", place)
        case .bool: throw VertexSchema.wrong("a boolean", place)
        case .integer, .long:
            guard let integer = json.integer ?? json.string.flatMap({ Int($0) }),
                Int32(exactly: integer) != nil || VertexSchema.isLong(form)
            else { throw VertexSchema.wrong("a whole number", place) }
            return .integer(integer)
        case .number:
            guard let number = json.double ?? json.string.flatMap({ Double($0) }) else {
                throw VertexSchema.wrong("a number", place)
            }
            return .number(number)
        case .word(let enumeration):
            guard let word = json.string, words[enumeration]?.contains(word) == true else {
                throw VertexSchema.wrong("one of \(words[enumeration, default: []].sorted())", place)
            }
            return json
        case .message(let name): return .object(try message(json, name, at: place))
        case .list(let form):
            guard let array = json.array else { throw VertexSchema.wrong("a list", place) }
            var elements: [JSONValue] = []
            for (index, element) in array.enumerated() {
                elements.append(try value(element, form, at: "\(place)[\(index)]") ?? nil)
            }
            return .array(elements)
        case .map(let form):
            guard let object = json.object else { throw VertexSchema.wrong("an object", place) }
            var members = JSONObject()
            for member in object.members {
                members[member.key] = try value(member.value, form, at: "\(place).\(member.key)")
            }
            return .object(members)
        }
    }

    private static func isLong(_ form: Form) -> Bool { if case .long = form { true } else { false } }

    private static func wrong(_ needed: String, _ place: String) -> VertexFault {
        .invalid("Invalid value at '\(place.isEmpty ? "body" : place)': \(needed) is needed")
    }

    private func camelCased(_ name: String) -> String {
        guard name.contains("_"), !name.hasPrefix("_") else { return name }
        let parts = name.split(separator: "_")
        return parts.dropFirst().reduce(parts.first.map(String.init) ?? "") {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
    }

    // MARK: - Echo

    /// What the service gives back of a message: written anew, with members that nobody sent.
    ///
    /// - Parameter isSnakeCased: all of the document's names so; otherwise those that nobody sent only.
    func echo(_ object: JSONObject, _ name: String, isSnakeCased: Bool) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            let form = messages[name]?[member.key] ?? .anything
            let key = isSnakeCased ? VertexSchema.snakeCased(member.key) : member.key
            result.members.append(
                JSONObject.Member(key: key, value: echo(member.value, form, isSnakeCased: isSnakeCased)))
        }
        if name == "Part" {
            for key in ["file_data", "inline_data", "function_call", "video_metadata"] { result[key] = .null }
        }
        return result
    }

    private func echo(_ value: JSONValue, _ form: Form, isSnakeCased: Bool) -> JSONValue {
        switch (form, value) {
        case (.message(let name), .object(let object)):
            .object(echo(object, name, isSnakeCased: isSnakeCased))
        case (.list(let form), .array(let elements)):
            .array(elements.map { echo($0, form, isSnakeCased: isSnakeCased) })
        case (.map(let form), .object(let object)):
            .object(
                JSONObject(object.members.map { ($0.key, echo($0.value, form, isSnakeCased: isSnakeCased)) }))
        default: value
        }
    }

    private static func snakeCased(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}
