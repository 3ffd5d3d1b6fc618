import TestSupport
import Testing

@testable import Lookup

@Suite("ForwardingTable")
struct ForwardingTableTests {
  /// Vector lengths around the width of an instruction and of a stage.
  static let counts = [1, 2, 7, 15, 16, 17, 31, 33, 63, 255, 256, 257, 271, 511, 512, 513, 600]

  @Test(
    "LPM: an empty table routes nothing, by any kernel; /0 routes everything and goes again",
    arguments: Family.allCases)
  func defaultRoute(_ family: Family) { defaultRoute(family.key) }

  private func defaultRoute<Key: TestedKey>(_: Key.Type) {
    let run = TableRun<Key>()
    let keys: [Key] = [0, 1, .max, .max / 3, .max - 1]
    #expect(run.vectorDifference(keys) == nil)
    for value in [7, 0, 0x7fff, 0x8000, 0x7fff_ffff] as [UInt32] {
      #expect(run.make(.insert(.max, 0, value)) == nil)
      #expect(run.vectorDifference(keys) == nil)
      #expect(run.make(.insert(.max / 3, Key.bitWidth, 1)) == nil)
      #expect(run.vectorDifference(keys) == nil)
      #expect(run.make(.remove(0, 0)) == nil)
      #expect(run.vectorDifference(keys) == nil)
    }
    #expect(run.finish() == nil)
  }

  @Test(
    "LPM: every length of one path, the shortest first and the longest first",
    arguments: Family.allCases)
  func everyLength(_ family: Family) { everyLength(family.key) }

  private func everyLength<Key: TestedKey>(_: Key.Type) {
    // The first ones cost half a table each.
    let lengths = Array(4...Key.bitWidth)
    for key in [Key.max / 3, 0, .max] {
      let run = TableRun<Key>()
      for length in lengths { #expect(run.make(.insert(key, length, UInt32(length))) == nil) }
      for length in lengths { #expect(run.make(.remove(key, length)) == nil) }
      for length in lengths.reversed() {
        #expect(run.make(.insert(key, length, UInt32(length % 3))) == nil)
      }
      #expect(run.finish() == nil)
    }
  }

  @Test("LPM: the first bits: /1 to /7, both halves, over longer ones", arguments: Family.allCases)
  func shortPrefixes(_ family: Family) { shortPrefixes(family.key) }

  private func shortPrefixes<Key: TestedKey>(_: Key.Type) {
    let run = TableRun<Key>()
    #expect(run.make(.insert(.max / 3, 24, 24)) == nil)
    #expect(run.make(.insert(.max / 3 * 2, Key.bitWidth, 32)) == nil)
    for length in [1, 2, 7] {
      for key in [0, Key.max] {
        #expect(run.make(.insert(key, length, UInt32(length) + UInt32(key & 1) * 100)) == nil)
      }
    }
    #expect(run.finish() == nil)
  }

  @Test("LPM: vectors of all lengths, by all kernels", arguments: Family.allCases)
  func everyCount(_ family: Family) { everyCount(family.key) }

  private func everyCount<Key: TestedKey>(_: Key.Type) {
    var random = SeededGenerator(seed: 5)
    let run = TableRun<Key>()
    for operation in TableOperations<Key>.random(count: 100, isWide: false, using: &random) {
      #expect(run.make(operation) == nil)
    }
    #expect(run.vectorDifference([]) == nil)
    for count in Array(1...40) + Self.counts {
      #expect(run.vectorDifference(count: count, using: &random) == nil, "\(count) keys")
    }
    #expect(run.finish() == nil)
  }

  /// The values that come nearest to flags and to "no route", in each form.
  static let edges: [UInt32] = [
    0, 1, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff, 0x1_0000, 0x7fff_7fff, 0x7fff_8000,
    0x7fff_ffff,
  ]

  @Test(
    "kernels agree on values that look like flags, beside addresses without a route",
    arguments: Family.allCases, [false, true])
  func edgeValues(_ family: Family, isWide: Bool) { edgeValues(family.key, isWide: isWide) }

  /// Runs of one prefix each, with and without a route between them, at every length from /16 on.
  private func edgeValues<Key: TestedKey>(_: Key.Type, isWide: Bool) {
    let values = Self.edges.filter { isWide || $0 < 0x8000 }
    for isDefaultPresent in [false, true] {
      let run = TableRun<Key>()
      if isDefaultPresent { #expect(run.make(.insert(0, 0, 0x7fff)) == nil) }
      var keys: [Key] = []
      for (place, length) in stride(from: 16, through: Key.bitWidth, by: 3).enumerated() {
        let base = Key(place * 2 + 1) << Key(Key.bitWidth - 12)
        let step: Key = 1 << Key(Key.bitWidth - length)
        for (index, value) in values.enumerated() {
          // Every third has no route.
          let key = base &+ step &* Key(truncatingIfNeeded: index + index / 2)
          #expect(run.make(.insert(key, length, value)) == nil)
          keys += [key, key &+ step &- 1, key &+ step, key &- 1]
        }
      }
      for count in Self.counts {
        let some = (0..<count).map { keys[$0 * 7 % keys.count] }
        #expect(run.vectorDifference(some) == nil, "\(count) keys")
      }
      #expect(run.finish() == nil)
    }
  }

  @Test(
    "a host in a block of its own: all around it has no route, and all kernels say so",
    arguments: Family.allCases)
  func lonelyHosts(_ family: Family) { lonelyHosts(family.key) }

  private func lonelyHosts<Key: TestedKey>(_: Key.Type) {
    let run = TableRun<Key>()
    let hosts: [Key] = (0..<64).map { Key.max / 67 &* Key($0 + 1) }
    for (index, host) in hosts.enumerated() {
      #expect(run.make(.insert(host, Key.bitWidth, UInt32(index))) == nil)
    }
    let keys = hosts.flatMap { [$0, $0 ^ 1, $0 ^ 0x20, $0 ^ 0x80, $0 ^ 0xff00] }
    #expect(run.vectorDifference(keys) == nil)
    // All in one vector follow, then none does.
    #expect(run.vectorDifference(hosts + hosts + hosts + hosts) == nil)
    #expect(run.vectorDifference(hosts.map { $0 ^ 0x10_0000 }) == nil)
    #expect(run.finish() == nil)
  }

  @Test("IPv4: with more than 0x7fff blocks of long prefixes a narrow table becomes wide")
  func spillsRunOut() {
    // Two hosts in each of the first /24s: nearly all that a narrow table takes, and then some, one by one.
    let limit = IPv4Compiled.narrowSpillLimit
    var elements: [PrefixTable<UInt32>.Element] = []
    for block in 0..<limit - 20 {
      let host = UInt32(block) << 8 | 0x0100_0000 | UInt32(block % 256)
      elements.append(.init(key: host, length: 32, value: UInt32(block % 0x8000)))
    }
    elements.append(.init(key: 0, length: 4, value: 0x7fff))
    let run = TableRun<UInt32>(elements)
    let room = run.table.memory.readSide
    var random = SeededGenerator(seed: 2)
    for block in limit - 24..<limit + 12 {
      let key = UInt32(block) << 8 | 0x0100_0000
      #expect(run.make(.insert(key, 26, UInt32(block % 100))) == nil, "block \(block)")
      let keys = (0..<300).map { _ in
        0x0100_0000 + .random(in: 0..<UInt32(limit + 20) << 8, using: &random)
      }
      #expect(run.vectorDifference(keys) == nil, "block \(block)")
      // Leaves of a wide table take twice as much.
      let isWide = run.table.published.load().pointee.isWide
      #expect(isWide == (block >= limit), "block \(block)")
    }
    #expect(run.table.memory.readSide > room)
    #expect(run.make(.insert(0x7f00_0000, 8, 0x7fff_ffff)) == nil)
    #expect(run.make(.remove(0x0100_0000, 26)) == nil)
  }

  @Test("IPv4: spills are taken again when their blocks are gone, without becoming wide")
  func spillsReturn() {
    let run = TableRun<UInt32>()
    var sizes: Set<Int> = []
    for round in 0..<6 as Range<UInt32> {
      for block in 0..<200 as Range<UInt32> {
        let key = 0x0a00_0000 | round << 20 | block << 8
        #expect(run.make(.insert(key, 30, block)) == nil)
      }
      for block in 0..<200 as Range<UInt32> {
        #expect(run.make(.remove(0x0a00_0000 | round << 20 | block << 8, 30)) == nil)
      }
      run.table.reclaim()
      run.table.reclaim()
      sizes.insert(run.table.memory.readSide)
    }
    #expect(sizes.count == 1)
    #expect(run.finish() == nil)
  }

  @Test(
    "a table built from routes is the one that they are inserted into, in any order",
    arguments: Family.allCases)
  func building(_ family: Family) { building(family.key) }

  private func building<Key: TestedKey>(_: Key.Type) {
    var random = SeededGenerator(seed: 9)
    let first = TableRun<Key>()
    for operation in TableOperations<Key>.random(count: 300, isWide: true, using: &random) {
      #expect(first.make(operation) == nil)
    }
    let built = TableRun<Key>(first.twin.elements.shuffled(using: &random))
    #expect(built.table.count == first.table.count)
    let keys = first.twin.elements.flatMap { [$0.key, ~$0.key, $0.key &- 1, $0.key | 0xff] }
    #expect(built.vectorDifference(keys) == nil)
    #expect(first.vectorDifference(keys) == nil)
    #expect(built.finish() == nil)
    #expect(first.finish() == nil)
  }

  @Test("a table that grows keeps what it holds, the default route too", arguments: Family.allCases)
  func growing(_ family: Family) { growing(family.key) }

  private func growing<Key: TestedKey>(_: Key.Type) {
    var random = SeededGenerator(seed: 13)
    let length = Key.bitWidth == 32 ? 24 : 48
    let base: Key = 5 << Key(Key.bitWidth - 4)
    func key(_ number: Int) -> Key { base | Key(number) << Key(Key.bitWidth - length) }
    // IPv4 has room for 2^14 leaves at first, and for 64 /24s with longer prefixes.
    let count = Key.bitWidth == 32 ? 16_000 : 2000
    let run = TableRun<Key>(
      [.init(key: 0, length: 0, value: 3)]
        + (0..<count).map { .init(key: key($0), length: length, value: UInt32($0 % 0x7000)) })
    let room = run.table.memory.readSide
    // A reader on the way in the old one.
    for number in 0..<10 { #expect(run.make(.begin(key(number * 99))) == nil) }
    for number in count..<count + 1200 {
      #expect(run.make(.insert(key(number), length, UInt32(number % 0x7000))) == nil)
    }
    for number in 0..<100 {
      #expect(run.make(.insert(key(number * 7) | 1, Key.bitWidth, UInt32(number))) == nil)
    }
    #expect(run.table.memory.readSide > room)
    #expect(run.make(.pause) == nil)
    let keys = (0..<600).map { _ in
      key(.random(in: 0..<count + 1300, using: &random)) | .random(in: 0...3, using: &random)
    }
    #expect(run.vectorDifference(keys) == nil)
    #expect(run.vectorDifference(keys.map { $0 ^ 1 << Key(Key.bitWidth - 1) }) == nil)
    run.table.reclaim()
    #expect(run.table.memory.retired == 0)
  }

  @Test("the routes of a table are a snapshot that later changes leave alone")
  func routes() {
    let table = ForwardingTable<UInt32>([.init(key: 0x0a00_0000, length: 8, value: 1)])
    let before = table.routes
    table.insert(0x0a01_0000, length: 16, value: 2)
    #expect(before.count == 1)
    #expect(before.longestMatch(0x0a01_0001) == .init(length: 8, value: 1))
    #expect(table.longestMatch(0x0a01_0001) == .init(length: 16, value: 2))
    #expect(table.count == 2)
  }

  @Test(
    "a leaf that a reader may be on the way to is not reused, though a taken back block gave it up last"
  )
  func sharedLeaf() {
    let run = TableRun<UInt32>()
    func make(_ operations: TableOperation<UInt32>...) {
      for operation in operations { #expect(run.make(operation) == nil) }
    }
    // 10.0.0.0/19 and seven eighths of 20.0.0.0/24 share the leaf of 7.
    make(.insert(0x0a00_0000, 19, 7), .insert(0x1400_0000, 24, 7), .insert(0x1400_0001, 32, 9))
    // The block waits, with a date that the reader has passed.
    make(.begin(0), .remove(0x1400_0001, 32), .reclaim, .boundary)
    make(.begin(0x0a00_0000), .step)
    make(.insert(0x0a00_0000, 19, 8), .reclaim)
    for index in 0..<8 as Range<UInt32> {
      make(.insert(0x1e00_0000 + index << 13, 19, 1000 + index))
    }
    make(.boundary)
    #expect(run.finish() == nil)
  }

  @Test("bits of a prefix behind its length are ignored", arguments: Family.allCases)
  func trailingBits(_ family: Family) { trailingBits(family.key) }

  private func trailingBits<Key: TestedKey>(_: Key.Type) {
    let run = TableRun<Key>()
    for length in stride(from: 8, through: Key.bitWidth, by: 1) {
      for key in [Key.max / 3, .max] {
        #expect(run.make(.insert(key, length, UInt32(length))) == nil)
      }
    }
    #expect(run.finish() == nil)
  }
}
