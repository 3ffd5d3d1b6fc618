import Lookup
import TestSupport
import Testing

@Suite("PrefixTable against a slow twin")
struct RandomOperationTests {
  @Test("LPM: random operations, IPv4", arguments: 0..<12 as Range<UInt64>)
  func ipv4(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let failure = shrunkFailure(Operation<UInt32>.random(count: 300, using: &random))
    #expect(failure == nil, "seed \(seed): \(failure ?? "")")
  }

  @Test("LPM: random operations, IPv6", arguments: 100..<108 as Range<UInt64>)
  func ipv6(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let failure = shrunkFailure(Operation<UInt128>.random(count: 250, using: &random))
    #expect(failure == nil, "seed \(seed): \(failure ?? "")")
  }

  @Test("the test itself: a lost write is found, shrunk to it, and printed as a test")
  func shrinking() throws {
    var random = SeededGenerator(seed: 3)
    var operations = Operation<UInt32>.random(count: 100, using: &random)
    operations.insert(.insert(0x0a01_0000, 16, 4242), at: 50)
    let failure = try #require(shrunkFailure(operations, losing: 4242))
    #expect(failure.contains("#expect(firstDifference([\n  .insert(0xa010000, 16, 4242),\n] as"))
  }
}
