internal import Support

/// Why a request has no verdict. Written to verdict lines and counted in summaries as its `description`.
package enum FailureReason: Sendable, Hashable, CustomStringConvertible {
    /// The job is done, and no row of its output is this request's.
    case missing
    /// The same, and the job did not come to its end.
    case jobFailed, jobExpired, jobCancelled
    /// The service answered with an error: the name of its status (`RESOURCE_EXHAUSTED`) or its number.
    case error(String)
    /// The service refused to answer (`SAFETY`, `PROHIBITED_CONTENT`, …).
    case blocked(String)
    /// The model stopped early for another reason (`OTHER`, `MALFORMED_RESPONSE`, …).
    case stopped(String)
    /// The answer reached the limit of its length.
    case truncated
    /// An answer without text.
    case empty
    /// The answer is none of the prompt's schema.
    case unreadable

    /// Whether asking again may help. What was refused for its content is refused again, and what had too little room for its answer
    /// has no more the next time.
    package var isRetryable: Bool {
        switch self {
        case .blocked, .truncated: false
        case .error(let name): !["INVALID_ARGUMENT", "400"].contains(name)
        case .missing, .jobFailed, .jobExpired, .jobCancelled, .stopped, .empty, .unreadable: true
        }
    }

    /// The same of a reason that is only known by its description.
    package static func isRetryable(_ description: String) -> Bool {
        FailureReason(description: description)?.isRetryable ?? true
    }

    /// The reverse of `description`; nil for any other text.
    package init?(description: String) {
        let parts = description.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("missing", nil): self = .missing
        case ("job_failed", nil): self = .jobFailed
        case ("job_expired", nil): self = .jobExpired
        case ("job_cancelled", nil): self = .jobCancelled
        case ("error", let name?): self = .error(name)
        case ("blocked", let name?): self = .blocked(name)
        case ("stopped", let name?): self = .stopped(name)
        case ("truncated", nil): self = .truncated
        case ("empty", nil): self = .empty
        case ("unreadable", nil): self = .unreadable
        default: return nil
        }
    }

    /// What helps where no record has got a verdict for this reason; nil for what nobody can change.
    package var remedy: String? {
        switch self {
        case .blocked: nil
        case .error(let name) where ["INVALID_ARGUMENT", "400"].contains(name):
            "the model does not take a schema or parameter of the prompt file: mend it, or name another --model-id, and the "
                + "next run asks anew"
        case .truncated:
            "answers need more room: raise maxTokens in the prompt file, or lower thinkingBudget, and the next run asks anew"
        default: "ask again with --ask-unjudged"
        }
    }

    package var description: String {
        switch self {
        case .missing: "missing"
        case .jobFailed: "job_failed"
        case .jobExpired: "job_expired"
        case .jobCancelled: "job_cancelled"
        case .error(let name): "error:\(name)"
        case .blocked(let name): "blocked:\(name)"
        case .stopped(let name): "stopped:\(name)"
        case .truncated: "truncated"
        case .empty: "empty"
        case .unreadable: "unreadable"
        }
    }
}

extension FailureReason {
    /// What a candidate's finish reason says; nil when its text may be an answer. Names: Vertex AI, `Candidate.FinishReason`.
    init?(finishReason name: String) {
        switch name {
        case "STOP", "": return nil
        case "MAX_TOKENS": self = .truncated
        case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "JAILBREAK":
            self = .blocked(name)
        default: self = .stopped(enumName(name))
        }
    }

    /// What the text of a row's status says: somebody else's words, often with JSON inside.
    init(status text: String) {
        self = .error(rpcName(text) ?? httpStatus(text) ?? "UNKNOWN")
    }
}

/// A name as enums of the service have it; `OTHER` for anything else, as it may be of any length and content.
func enumName(_ text: String) -> String {
    let isName = text.utf8.allSatisfy { byte in
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "_")
    }
    return isName && (1...40).contains(text.utf8.count) ? text : "OTHER"
}

/// Of google.rpc.Code, the first name in a text.
private func rpcName(_ text: String) -> String? {
    let words = text.prefix(4000).split { !($0 == "_" || ("A"..."Z").contains($0)) }
    return words.lazy.map(String.init).first { rpcNames.contains($0) }
}

private let rpcNames: Set<String> = [
    "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
    "UNAUTHENTICATED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE", "DATA_LOSS",
]

/// The first number in a text that is an HTTP status of an error, and stands alone.
private func httpStatus(_ text: String) -> String? {
    let words = text.prefix(4000).split { !($0.isLetter || $0.isNumber) }
    return words.lazy.map(String.init).first { $0.utf8.count == 3 && Int($0).map { (400...599).contains($0) } ?? false }
}
