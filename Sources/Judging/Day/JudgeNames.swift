internal import Interactions
package import JobSupport
internal import Support

/// Where the work of judging one topic lies; the results are elsewhere (`JudgedNames`).
package struct JudgeNames: Sendable, Equatable {
    package static let allTopics = "judge/"
    package let topic: String

    package init(topic: String) { self.topic = topic }

    package var root: String { "\(Self.allTopics)\(topic)/" }
    package func folder(of date: String) -> String { "\(root)\(date)/" }
    package func state(of date: String) -> String { "\(folder(of: date))state.json" }
    /// Who is at work on the day.
    package func lease(of date: String) -> String { "\(folder(of: date))_lease" }
    package func input(of date: String, number: Int) -> String {
        "\(inputs(of: date))\(padded(number, 5)).jsonl"
    }
    /// What the names of all input objects begin with.
    package func inputs(of date: String) -> String { "\(folder(of: date))input-" }
    /// The reverse of `input`; nil for any other object.
    package func number(ofInput name: String, of date: String) -> Int? {
        let number = Int(name.dropFirst(inputs(of: date).count).prefix { $0 != "." })
        return number.flatMap { input(of: date, number: $0) == name ? $0 : nil }
    }
    /// What a job's own output directory begins with.
    package func output(of date: String, number: Int) -> String { "\(folder(of: date))output/\(padded(number, 5))" }
}

extension RawFile {
    /// What tells it apart from the other files of its day, in labels and verdicts: its name as the plain layout has it, without
    /// folder and extension, whatever the layout is.
    package var stem: String {
        let late = name.kind == .late ? "late-" : ""
        let range = "\(padded(name.range.start, 20))-\(padded(name.range.end, 20))"
        return "\(padded(name.hour.hourOfDay, 2))-\(late)\(name.partition)-\(range)"
    }
}
