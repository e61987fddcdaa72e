package import Support

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension PriceTable {
    private static let maxBytes = 1 << 20

    /// Reads a price file: `prompts/prices.json` is one.
    /// - Parameter setting: that names it, for messages.
    /// - Throws: `usage`, with everything that is wrong with it.
    package init(path: String, setting: Setting? = nil) throws(Failure) {
        let bytes = try readFile(path, limit: PriceTable.maxBytes, what: "price file", setting: setting)
        try self.init(json: bytes, name: path)
    }

    /// - Parameter name: of the file, for messages.
    package init(json: [UInt8], name: String) throws(Failure) {
        guard let file = try? JSONDecoder().decode(JSONValue.self, from: Data(json)), case .object = file else {
            throw Failure(.usage, "the price file \(printable(name)) is not a JSON object")
        }
        var reader = PriceReader()
        let table = reader.table(file)
        guard reader.problems.isEmpty, let table else {
            throw Failure(
                .usage, "the price file \(printable(name)) is wrong: \(reader.problems.joined(separator: "; "))",
                remedy: "see prompts/prices.json for its form")
        }
        self = table
    }
}

/// Takes a price file apart and gathers what is wrong with it.
private struct PriceReader {
    private(set) var problems: [String] = []

    mutating func table(_ file: JSONValue) -> PriceTable? {
        let members = object(file, at: "", known: ["date", "source", "currency", "unit", "models"])
        let date = text(members["date"], at: "date")
        if let date, CivilDate(date) == nil { problems.append("“date” is not YYYY-MM-DD") }
        let source = text(members["source"], at: "source")
        expect("USD", members["currency"], at: "currency")
        expect("million tokens", members["unit"], at: "unit")
        let models = object(members["models"], at: "models", known: nil)
        if models.isEmpty { problems.append("“models” names none") }
        var priced: [String: PriceTable.Model] = [:]
        for (name, value) in models.sorted(by: { $0.key < $1.key }) {
            priced[name] = model(value, at: "models.\(printable(name))")
        }
        guard let date, let source else { return nil }
        return PriceTable(date: date, source: source, models: priced)
    }

    private static let rateNames = ["input", "output", "cache_write_5m", "cache_write_1h", "cache_read"]

    private mutating func model(_ value: JSONValue, at place: String) -> PriceTable.Model? {
        let known = PriceReader.rateNames + ["batch_factor", "long_prompt", "source"]
        let members = object(value, at: place, known: known)
        let rates = rates(members, at: place)
        let factor = number(members["batch_factor"], at: place + ".batch_factor", scale: 1000, max: 1)
        let source = members["source"].map { text($0, at: place + ".source") } ?? nil
        var long: PriceTable.LongPrompt?
        if let value = members["long_prompt"] {
            let place = place + ".long_prompt"
            let members = object(value, at: place, known: PriceReader.rateNames + ["above"])
            let above = number(members["above"], at: place + ".above", scale: 1, max: 1e9)
            let longRates = self.rates(members, at: place)
            if let above, let longRates { long = PriceTable.LongPrompt(above: above, rates: longRates) }
        }
        guard let rates, let factor else { return nil }
        return PriceTable.Model(rates: rates, longPrompt: long, batchFactor: factor, source: source)
    }

    private mutating func rates(_ members: [String: JSONValue], at place: String) -> PriceTable.Rates? {
        var rates: [Int64] = []
        for name in PriceReader.rateNames {
            guard let rate = number(members[name], at: "\(place).\(name)", scale: 1_000_000, max: 10_000) else {
                continue
            }
            rates.append(rate)
        }
        guard rates.count == 5 else { return nil }
        return PriceTable.Rates(
            input: rates[0], output: rates[1], cacheWrite5m: rates[2], cacheWrite1h: rates[3], cacheRead: rates[4])
    }

    // MARK: - Values

    private mutating func object(_ value: JSONValue?, at place: String, known: [String]?) -> [String: JSONValue] {
        guard case .object(let members)? = value else {
            problems.append("“\(place)” is not an object")
            return [:]
        }
        for name in members.keys.sorted() where known?.contains(name) == false {
            let full = place.isEmpty ? name : "\(place).\(name)"
            problems.append("“\(printable(full))” is not known")
        }
        return members
    }

    private mutating func text(_ value: JSONValue?, at place: String) -> String? {
        if case .string(let text)? = value, !text.isEmpty { return text }
        problems.append("“\(place)” is not a text")
        return nil
    }

    private mutating func expect(_ text: String, _ value: JSONValue?, at place: String) {
        if value != .string(text) { problems.append("“\(place)” is not “\(text)”") }
    }

    /// A number of 0...max as a whole number of its 1/scale parts.
    private mutating func number(_ value: JSONValue?, at place: String, scale: Double, max: Double) -> Int64? {
        if case .number(let number)? = value, (0...max).contains(number) {
            let scaled = number * scale
            // Decimal fractions are not exact as binary ones, but far nearer to themselves than this.
            if abs(scaled - scaled.rounded()) < 1e-4 { return Int64(scaled.rounded()) }
        }
        let step = scale == 1 ? "a whole number" : "a number in steps of 1/\(Int64(scale))"
        problems.append("“\(place)” is not \(step) from 0 to \(Int64(max))")
        return nil
    }
}

/// Any JSON.
private enum JSONValue: Decodable, Equatable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    case number(Double)
    case bool(Bool)
    case null

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let elements = try? value.decode([JSONValue].self) {
            self = .array(elements)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }
}
