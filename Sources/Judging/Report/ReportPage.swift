internal import Crypto
internal import Interactions

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The report of one day: a page that needs nothing but itself.
///
/// What records, models and services say stands in it only as JSON in a data block, and its script puts it on the page as text. A
/// content security policy lets nothing run but that script, and nothing be fetched.
struct ReportPage {
    let html: String

    /// - Parameter findings: the ones to list, the worst first.
    init(_ summary: DaySummary, trend: Trend, findings: [DayTally.Finding], schema: VerdictSchema) {
        // One script, whose files see each other's constants; the last one draws.
        let script = [PackageResources.parts_js, PackageResources.findings_js, PackageResources.report_js].map(text)
            .joined(separator: "\n")
        let style = text(PackageResources.report_css)
        let data = ReportData(
            summary: summary, trend: trend.points, unreadableDays: trend.unreadable,
            findings: findings.map(ReportData.Finding.init), schema: ReportData.Schema(schema))
        let json = String(decoding: ObjectCoding.encode(data).dropLast(), as: UTF8.self)
        let parts = [
            "script-hash": hash(script), "style-hash": hash(style), "script": script, "style": style,
            "data": inScript(json),
        ]
        html = filled(text(PackageResources.report_html), parts)
    }
}

/// What the page shows. Keys are snake_case.
private struct ReportData: Codable {
    struct Finding: Codable {
        var id: String
        var hour: Int?
        var file: String
        var line: Int64
        var verdict: String
        var severity: String?
        var contradictory: Bool
        var categories: [String]
        var evidence: String
        var evidenceFound: Bool?
        var confidence: Double?

        init(_ finding: DayTally.Finding) {
            let judged = finding.judged
            (id, hour, file, line) = (finding.id, finding.hour, finding.file, finding.line)
            (verdict, severity, contradictory) = (judged.verdict, judged.severity, judged.isContradictory)
            (categories, evidence, evidenceFound) = (judged.categories, judged.evidence, judged.isEvidenceFound)
            confidence = judged.confidence
        }
    }

    struct Schema: Codable {
        var verdicts: [String]
        var severities: [String]

        init(_ schema: VerdictSchema) { (verdicts, severities) = (schema.verdicts, schema.severities) }
    }

    var summary: DaySummary
    var trend: [TrendPoint]
    var unreadableDays: [String]
    var findings: [Finding]
    var schema: Schema
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// As a content security policy names an inline script or style.
private func hash(_ text: String) -> String { Data(SHA256.hash(data: Array(text.utf8))).base64EncodedString() }

/// The template with its `{{name}}`s filled in. What is filled in is not looked at again: it may hold anything.
private func filled(_ template: String, _ parts: [String: String]) -> String {
    var result = ""
    var rest = template[...]
    while let start = rest.firstRange(of: "{{") {
        result += rest[..<start.lowerBound]
        rest = rest[start.upperBound...]
        guard let end = rest.firstRange(of: "}}") else { return result }
        result += parts[String(rest[..<end.lowerBound])] ?? ""
        rest = rest[end.upperBound...]
    }
    return result + rest
}

/// JSON that a script element can hold: nothing in it ends the element or begins a comment. The escaped characters stand only in
/// strings.
private func inScript(_ json: String) -> String {
    var result = ""
    result.reserveCapacity(json.utf8.count + json.utf8.count / 16)
    for scalar in json.unicodeScalars {
        switch scalar {
        case "<": result += "\\u003c"
        case ">": result += "\\u003e"
        case "&": result += "\\u0026"
        case "\u{2028}": result += "\\u2028"
        case "\u{2029}": result += "\\u2029"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
