/// Takes a command line apart by the settings that a command knows.
struct FlagParser {
    private let settings: [String: Setting]

    init(_ settings: [Setting]) {
        self.settings = Dictionary(settings.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Values by the setting's name, in the order given, and everything that was not understood.
    func parse(_ arguments: [String]) -> (values: [String: [String]], problems: [String]) {
        var values: [String: [String]] = [:]
        var problems: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                problems.append("'\(printable(argument))' is not expected: settings are given as --name value")
                continue
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            let inlineValue = parts.count == 2 ? String(parts[1]) : nil
            let following = rest.first.flatMap { $0.hasPrefix("--") ? nil : $0 }
            guard let setting = settings[name] else {
                problems.append(unknown(name))
                // Whatever follows belonged to it, and is no problem of its own.
                if inlineValue == nil, following != nil { rest.removeFirst() }
                continue
            }
            if let inlineValue {
                values[name, default: []].append(inlineValue)
            } else if setting.kind == .flag {
                values[name, default: []].append("true")
            } else if let following {
                rest.removeFirst()
                values[name, default: []].append(following)
            } else {
                problems.append("\(setting.flag) needs a value: \(setting.expectation)")
            }
        }
        for (name, given) in values.sorted(by: { $0.key < $1.key })
        where given.count > 1 && settings[name]?.isRepeatable == false {
            problems.append("--\(name) is given \(given.count) times; expected once")
        }
        return (values, problems)
    }

    private func unknown(_ name: String) -> String {
        let shown = "--\(printable(name)) is not a setting of this command"
        let nearest = settings.keys.sorted().map { (name: $0, distance: editDistance($0, name)) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= max(2, nearest.name.count / 3) else { return shown }
        return "\(shown); did you mean --\(nearest.name)?"
    }
}

/// How many single characters must be inserted, removed or replaced (Wagner and Fischer).
func editDistance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8.prefix(100)), Array(right.utf8.prefix(100)))
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, b) in right.enumerated() {
            (diagonal, row[j + 1]) = (row[j + 1], min(row[j] + 1, row[j + 1] + 1, diagonal + (a == b ? 0 : 1)))
        }
    }
    return row[right.count]
}
