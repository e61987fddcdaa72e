/// Calls `body` for each element, at most `limit` at a time, and gives the results in the elements' order. After a failure no
/// further call is begun; those under way are waited for, and the first failure is thrown. So it is when the task is
/// cancelled: then the failure is `notDrained`, unless there is another one.
package func concurrently<Element: Sendable, Value: Sendable>(
    _ elements: [Element], limit: Int, _ body: @escaping @Sendable (Element) async throws(Failure) -> Value
) async throws(Failure) -> [Value] {
    let results = await withTaskGroup(of: (Int, Result<Value, Failure>).self) { group in
        var results = [Result<Value, Failure>?](repeating: nil, count: elements.count)
        var next = 0
        func begin(_ group: inout TaskGroup<(Int, Result<Value, Failure>)>) {
            let (index, element) = (next, elements[next])
            next += 1
            group.addTask {
                // No waiting within the expression of the pair: Swift 6.3.1's optimizer may lose its first half over it.
                do throws(Failure) {
                    let value = try await body(element)
                    return (index, .success(value))
                } catch {
                    return (index, .failure(error))
                }
            }
        }
        while next < min(limit, elements.count), !Task.isCancelled { begin(&group) }
        var isFailing = false
        while let (index, result) = await group.next() {
            results[index] = result
            if case .failure = result { isFailing = true }
            if !isFailing, !Task.isCancelled, next < elements.count { begin(&group) }
        }
        return results
    }
    for case .failure(let failure)? in results { throw failure }
    guard results.allSatisfy({ $0 != nil }) else { throw Failure(.notDrained, "stopped before all was done") }
    return results.compactMap { try? $0?.get() }
}
