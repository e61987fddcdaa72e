/// Calls `body` for each element, at most `limit` at a time, and gives the results in the elements' order. After a failure no
/// further call is begun; those under way are waited for, and the first failure is thrown.
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
        while next < min(limit, elements.count) { begin(&group) }
        var isFailing = false
        while let (index, result) = await group.next() {
            results[index] = result
            if case .failure = result { isFailing = true }
            if !isFailing, next < elements.count { begin(&group) }
        }
        return results
    }
    for case .failure(let failure)? in results { throw failure }
    return results.compactMap { try? $0?.get() }
}
