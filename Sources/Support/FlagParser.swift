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
            guard argument.hasPrefix("-"), argument.count > 1 else {
                // Not shown: it may be a secret that lost its flag.
                let position = arguments.count - rest.count
                problems.append("argument \(position) is not expected: settings are given as --name value")
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let inlineValue = parts.count == 2 ? String(parts[1]) : nil
            guard let setting = setting(ofFlag: parts[0]) else {
                problems.append(unknown(String(parts[0])))
                // Whatever follows belonged to it, and is no problem of its own.
                if inlineValue == nil, let next = rest.first, !next.hasPrefix("--") { rest.removeFirst() }
                continue
            }
            let name = setting.name
            if let inlineValue {
                values[name, default: []].append(inlineValue)
            } else if setting.kind == .flag {
                values[name, default: []].append("true")
            } else if let next = rest.first, isValue(next, of: setting) {
                rest.removeFirst()
                values[name, default: []].append(next)
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

    private func setting(ofFlag flag: some StringProtocol) -> Setting? {
        flag.hasPrefix("--") ? settings[String(flag.dropFirst(2))] : nil
    }

    /// What follows a flag is its value unless it looks like a flag. A secret may look like anything.
    private func isValue(_ argument: String, of setting: Setting) -> Bool {
        setting.isSecret ? self.setting(ofFlag: argument.prefix { $0 != "=" }) == nil : !argument.hasPrefix("--")
    }

    private func unknown(_ flag: String) -> String {
        let name = String(flag.drop { $0 == "-" })
        let shown = "\(printable(flag)) is not a setting of this command"
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
