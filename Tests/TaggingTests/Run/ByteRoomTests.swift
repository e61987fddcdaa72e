import Testing

@testable import Tagging

@Suite struct ByteRoomTests {
    @Test func soManyBytesAtOnce() async {
        let room = ByteRoom(limit: 100)
        let (first, second) = (await room.enter(60), await room.enter(40))
        let third = Task { await room.enter(50) }
        while room.waitingCount < 1 { await Task.yield() }
        // It would fit, but others came before.
        let fourth = Task { await room.enter(1) }
        while room.waitingCount < 2 { await Task.yield() }
        second.leave()
        #expect(room.waitingCount == 2)
        first.leave()
        first.leave()
        (await third.value).leave()
        (await fourth.value).leave()
        #expect(room.waitingCount == 0)
    }

    @Test func whatIsTooLargeGoesAlone() async {
        let room = ByteRoom(limit: 100)
        let small = await room.enter(0)
        let large = Task { await room.enter(1000) }
        while room.waitingCount < 1 { await Task.yield() }
        small.leave()
        let place = await large.value
        let next = Task { await room.enter(0) }
        while room.waitingCount < 1 { await Task.yield() }
        place.leave()
        (await next.value).leave()
    }
}
