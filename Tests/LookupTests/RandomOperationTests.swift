import Lookup
import Testing

/// A generator whose numbers a seed fixes, so that a failure can be made again (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

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
