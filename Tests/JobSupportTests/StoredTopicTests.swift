import Bytes
import Interactions
import JobSupport
import Support
import TestSupport
import Testing

@Suite struct StoredTopicTests {
    private let store = InMemoryStore()
    private let names = ObjectNames(topic: "t", layout: .plain)

    private func settle(_ layout: PartitionLayout) {
        store.put(names.topicFacts, ObjectCoding.encode(TopicFacts(topic: "t", layout: layout)))
    }

    private func failure() async -> Failure? {
        do throws(Failure) {
            try await names.requireStored(in: store)
            return nil
        } catch {
            return error
        }
    }

    @Test func nothingAtAll() async throws {
        #expect(try await names.settledFacts(in: store) == nil)
        let failure = try #require(await failure())
        #expect(failure.status == .noInput)
        #expect(
            failure.message
                == "nothing of the topic t is stored in memory://store with --partition-layout plain")
    }

    @Test(arguments: ["raw/other/2026-11-20/x", "raw/t/dt=2026-11-20/hour=13/x", "raw/t/notes/x", "raw/t/x"])
    func whatIsNotOfThisTopicAndLayout(_ name: String) async {
        store.put(name, [])
        #expect(await failure()?.status == .noInput)
    }

    /// Only files, as somebody may have copied them.
    @Test func aDayIsEnough() async {
        store.put("raw/t/2026-11-20/x", [])
        #expect(await failure() == nil)
    }

    /// Loaded, and nothing was there to be stored.
    @Test func anEmptyTopicIsThere() async throws {
        settle(.plain)
        #expect(await failure() == nil)
        #expect(try await names.settledFacts(in: store)?.topic == "t")
    }

    @Test func anotherLayout() async {
        settle(.hive)
        store.put("raw/t/2026-11-20/x", [])
        let failure = await failure()
        #expect(failure?.status == .usage)
        #expect(failure?.message == "t is stored in memory://store with --partition-layout hive, not plain")
    }
}
