import Bytes
import Foundation
import Support

@testable import Judging

/// What several suites make their cases from.
enum JudgeSample {
    static let schema = VerdictSchema(
        verdicts: ["safe", "suspicious", "unsafe"], severities: ["none", "low", "medium", "high", "critical"],
        categories: ["prompt_injection", "data_exfiltration", "jailbreak"], longestEvidence: 40)

    /// The answer of a judge.
    static func answer(
        _ verdict: String = "safe", severity: String = "none", categories: [String] = [], evidence: String = "",
        confidence: Double = 0.9
    ) -> String {
        json([
            "verdict": verdict, "severity": severity, "categories": categories, "evidence": evidence,
            "confidence": confidence,
        ])
    }

    /// A `response` with one candidate.
    static func response(
        _ text: String, finishReason: String = "STOP", model: String = "gemini-x", prompt: Int = 100, answer: Int = 10
    ) -> [String: Any] {
        [
            "candidates": [
                [
                    "content": ["role": "model", "parts": [["text": text]]], "finishReason": finishReason,
                    "avgLogprobs": -0.1,
                ]
            ],
            "modelVersion": model,
            "usageMetadata": [
                "promptTokenCount": prompt, "candidatesTokenCount": answer, "thoughtsTokenCount": 0,
                "totalTokenCount": prompt + answer, "cachedContentTokenCount": 0,
            ],
        ]
    }

    /// A line of a job's output.
    static func row(
        input: Int = 0, row: Int, response: [String: Any]? = nil, status: String = ""
    ) -> String {
        let labels = ["input": padded(input, 5), "row": padded(row, 6), "file": "13-p00000-x", "line": "\(row + 1)"]
        return json([
            "status": status, "processed_time": "2026-11-21T10:18:18.102004+00:00",
            "request": [
                "contents": [["role": "user", "parts": [["text": "…", "file_data": nil] as [String: Any?]]]],
                "labels": labels,
            ],
            "response": response ?? [String: Any](),
        ])
    }

    static func json(_ value: [String: Any]) -> String {
        let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
