import Foundation
import Interactions
import Testing

@Suite struct PartitionTests {
    @Test(arguments: [
        (Partition(0), "p00000"), (Partition(3), "p00003"), (Partition(99_999), "p99999"),
        (Partition(.max), "p2147483647"),
        (Partition(3, epoch: 1), "p00003e1"), (Partition(0, epoch: 12), "p00000e12"),
        (Partition(.max, epoch: .max), "p2147483647e9223372036854775807"),
    ])
    func theNameComesBack(_ partition: Partition, _ name: String) {
        #expect(partition.description == name)
        #expect(Partition(name) == partition)
    }

    @Test(arguments: [
        "", "p", "00003", "p3", "p0003", "p000003", "p-0003", "p+0003", "p 0003", "p00003e", "p00003e0", "p00003e01",
        "p00003e-1", "p00003e+1", "p00003e1e1", "p00003e9223372036854775808", "p2147483648", "P00003", "p00003 ",
        "p０0003",
        "p00003/", "../p00003", "p00003\u{0}",
    ])
    func anyOtherNameIsRefused(_ name: String) {
        #expect(Partition(name) == nil)
    }

    @Test func orderIsByNumberThenEpoch() {
        let sorted = [Partition(0), Partition(0, epoch: 2), Partition(1), Partition(1, epoch: 1), Partition(10)]
        #expect(sorted.shuffled().sorted() == sorted)
    }
}
