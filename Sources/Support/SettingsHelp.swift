extension SettingsTable {
    /// What `--help` prints.
    package var help: String {
        var lines = [summary, "", "USAGE: \(command) [--name value | --name=value] …", ""]
        lines.append(
            "A flag wins over its environment variable, which wins over the default. An empty variable counts as unset."
        )
        for group in groups {
            lines += ["", group.title.uppercased()]
            for setting in group.settings {
                let value = setting.placeholder.isEmpty ? "" : " \(setting.placeholder)"
                lines.append("  \(setting.flag)\(value)   [\(setting.environment)]")
                lines += wrapped(setting.help + " " + setting.presenceText, width: 94).map { "      " + $0 }
            }
        }
        return lines.joined(separator: "\n")
    }

    /// The same for the documentation, as a table for each group.
    package var markdown: String {
        groups.map { group in
            let rows = group.settings.map { setting in
                let value = setting.placeholder.isEmpty ? "" : " " + setting.placeholder
                let cells = [
                    "`\(setting.flag)\(value)`", "`\(setting.environment)`",
                    setting.standard.map { "`\($0)`" } ?? (setting.presence == .required ? "required" : ""),
                    setting.help,
                ]
                return "| " + cells.map { $0.split(separator: "|").joined(separator: "\\|") }.joined(separator: " | ")
                    + " |"
            }
            return """
                ### \(group.title)

                | Flag | Environment | Default | Meaning |
                |---|---|---|---|
                \(rows.joined(separator: "\n"))
                """
        }.joined(separator: "\n\n")
    }

    private func wrapped(_ text: String, width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            if !lines[lines.count - 1].isEmpty, lines[lines.count - 1].count + 1 + word.count > width {
                lines.append("")
            }
            lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
        }
        return lines.filter { !$0.isEmpty }
    }
}

extension Setting {
    fileprivate var presenceText: String {
        switch presence {
        case .required: "Required."
        case .optional: ""
        case .standard(let text): "Default: \(text)."
        }
    }
}
