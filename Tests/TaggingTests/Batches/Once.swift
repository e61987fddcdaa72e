import Synchronization

/// Says whether it was asked before.
final class Once: Sendable {
    private let value = Atomic(false)

    func isPast() -> Bool { value.exchange(true, ordering: .relaxed) }
}
