import Lookup
import TestSupport
import Testing

@Suite("ForwardingTable against a slow twin")
struct ForwardingTableRandomTests {
  @Test(
    "LPM: random changes, readers and reclaim", arguments: Family.allCases,
    0..<16 as Range<UInt64>)
  func random(_ family: Family, seed: UInt64) { check(family.key, seed) }

  private func check<Key: TestedKey>(_: Key.Type, _ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let operations = TableOperations<Key>.random(
      count: 500, isWide: seed % 4 == 0, using: &random)
    let failure = shrunkFailure(operations)
    #expect(failure == nil, "seed \(seed): \(failure ?? "")")
  }

  /// How prefixes of one block of 2^16 are spread in it.
  enum Spread: CaseIterable {
    /// Anywhere; in one corner; thick at the start and ever thinner; side by side.
    case even, corner, thinning, row

    func place(_ number: Int, using random: inout some RandomNumberGenerator) -> UInt16 {
      switch self {
      case .even: .random(in: 0 ... .max, using: &random)
      case .corner: 0xa5c0 | .random(in: 0..<64, using: &random)
      case .thinning: UInt16.max >> UInt16.random(in: 0..<16, using: &random)
      case .row: 0x7000 + UInt16(number % 700)
      }
    }
  }

  @Test(
    "LPM: many prefixes in one block of 2^16 come, change and go",
    arguments: Family.allCases, Spread.allCases)
  func crowded(_ family: Family, _ spread: Spread) { crowded(family.key, spread) }

  private func crowded<Key: TestedKey>(_: Key.Type, _ spread: Spread) {
    var random = SeededGenerator(seed: 31)
    let run = TableRun<Key>()
    // IPv4: the first and the second 16 bits; IPv6: the second and the fourth.
    for end in Key.bitWidth == 32 ? [16, 32] : [32, 64] {
      let base = Key.max / 5 & ~(0xffff << Key(Key.bitWidth - end))
      var present: [(key: Key, length: Int)] = []
      for number in 0..<700 {
        let isFilling = number < 400
        var operation = TableOperation<Key>.step
        if isFilling || number % 3 == 0 {
          let place = Key(spread.place(number, using: &random)) << Key(Key.bitWidth - end)
          let length = end - [0, 0, 0, 0, 1, 2, 5].randomElement(using: &random)!
          present.append((base | place, length))
          operation = .insert(base | place, length, UInt32.random(in: 0..<99, using: &random))
        } else if !present.isEmpty {
          let gone = present.remove(at: .random(in: present.indices, using: &random))
          operation = .remove(gone.key, gone.length)
        }
        var operations = [operation]
        // Now and then one over all, and a reader on the way.
        if number % 50 == 49 { operations.append(.insert(base, end - 12, UInt32(number))) }
        if number % 100 == 99 { operations.append(.remove(base, end - 12)) }
        if number % 7 == 0, let some = present.randomElement(using: &random) {
          operations += [.begin(some.key), .begin(some.key ^ 1)]
        }
        operations.append([.step, .step, .reclaim, .boundary].randomElement(using: &random)!)
        for operation in operations {
          let difference = run.make(operation)
          #expect(difference == nil, "\(spread), /\(end), step \(number): \(operation)")
          if difference != nil { return }
        }
      }
    }
    let difference = run.finish()
    #expect(difference == nil)
  }

  @Test("the test itself: a lost write is found, shrunk to it, and printed as a test")
  func shrinking() throws {
    var random = SeededGenerator(seed: 3)
    var operations = TableOperations<UInt32>.random(count: 60, isWide: false, using: &random)
    operations.insert(.insert(0x0a01_0000, 16, 4242), at: 30)
    let failure = try #require(shrunkFailure(operations, losing: 4242))
    #expect(failure.contains("#expect(firstDifference([\n  .insert(0xa010000, 16, 4242),\n] as"))
  }
}
