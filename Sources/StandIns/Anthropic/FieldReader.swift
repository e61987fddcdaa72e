/// Checks members of an object the way the API words its complaints.
struct FieldReader {
    let object: JSONObject
    /// Before the names of its members in messages: `messages.0.`, or nothing.
    let place: String

    init(_ json: JSONValue, at place: String) throws(AnthropicFault) {
        guard let object = json.object else {
            throw .invalid(
                place.isEmpty ? "The request body is not a JSON object" : "\(place): Input should be an object")
        }
        self.object = object
        self.place = place.isEmpty ? "" : "\(place)."
    }

    /// A member; null counts as absent.
    subscript(key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    func fault(_ key: String, _ problem: String) -> AnthropicFault { .invalid("\(place)\(key): \(problem)") }

    func only(_ known: Set<String>) throws(AnthropicFault) {
        for key in object.keys where !known.contains(key) { throw fault(key, "Extra inputs are not permitted") }
    }

    func required(_ key: String) throws(AnthropicFault) -> JSONValue {
        guard let value = self[key] else { throw fault(key, "Field required") }
        return value
    }

    func string(_ key: String) throws(AnthropicFault) -> String? {
        guard let value = self[key] else { return nil }
        guard let string = value.string else { throw fault(key, "Input should be a valid string") }
        return string
    }

    func requiredString(_ key: String) throws(AnthropicFault) -> String {
        guard let string = try string(key) else { throw fault(key, "Field required") }
        return string
    }

    func bool(_ key: String) throws(AnthropicFault) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let bool = value.bool else { throw fault(key, "Input should be a valid boolean") }
        return bool
    }

    func integer(_ key: String) throws(AnthropicFault) -> Int? {
        guard let value = self[key] else { return nil }
        guard let integer = value.integer else { throw fault(key, "Input should be a valid integer") }
        return integer
    }

    func array(_ key: String) throws(AnthropicFault) -> [JSONValue]? {
        guard let value = self[key] else { return nil }
        guard let array = value.array else { throw fault(key, "Input should be a valid list") }
        return array
    }

    func nested(_ key: String) throws(AnthropicFault) -> FieldReader? {
        guard let value = self[key] else { return nil }
        return try FieldReader(value, at: "\(place)\(key)")
    }

    /// One of a few words.
    func choice(_ key: String, _ choices: [String]) throws(AnthropicFault) -> String? {
        guard let word = try string(key) else { return nil }
        guard choices.contains(word) else {
            throw fault(key, "Input should be \(choices.map { "'\($0)'" }.joined(separator: ", "))")
        }
        return word
    }
}
