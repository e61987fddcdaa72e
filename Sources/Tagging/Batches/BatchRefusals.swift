internal import Anthropic
internal import Records
internal import Support

/// What to make of a batch's errors. Requests are checked only once the batch is made, so what is wrong with all of them
/// shows in each result; and results come in any order, so what is wrong with one shows at the end. Pure.
struct BatchRefusals {
    /// More than so many, and it is not the records.
    let limit: Int
    var hasSuccess = false
    private var certain: [ContentKey] = []
    private var uncertain: [ContentKey] = []
    private var rejection: Failure?
    private var stop: Failure?

    init(limit: Int) { self.limit = limit }

    mutating func add(_ key: ContentKey, _ decision: CallDecision) {
        switch decision {
        case .retry, .later: break
        case .stop(let failure): stop = stop ?? failure
        case .thisRecordOnly(let rejected):
            rejection = rejection ?? rejected.failure
            if rejected.isCertain { certain.append(key) } else { uncertain.append(key) }
        }
    }

    /// Those that are the records' own fault, and why every request would fail, if it is so. All others are to be asked
    /// again.
    var settled: (rejected: [ContentKey], failure: Failure?) {
        if let stop { return (hasSuccess ? certain : [], stop) }
        guard hasSuccess else {
            return certain.count + uncertain.count > limit ? ([], rejection) : (certain, nil)
        }
        return (certain + (uncertain.count > limit ? [] : uncertain), nil)
    }
}
