import Lookup
import Testing

@Suite("PrefixTable")
struct PrefixTableTests {
  @Test("LPM: an empty table matches nothing")
  func empty() {
    let table = PrefixTable<UInt32>()
    #expect(table.isEmpty)
    #expect(table.longestMatch(0) == nil)
    #expect(table.longestMatch(.max) == nil)
    #expect(table.covered(by: 0, length: 0).isEmpty)
  }

  @Test("LPM: /0 holds everything, /32 one address, and both are found")
  func extremes4() {
    var table = PrefixTable<UInt32>()
    table.insert(0, length: 0, value: 1)
    table.insert(0xffff_ffff, length: 32, value: 2)
    table.insert(0, length: 32, value: 3)
    #expect(table.longestMatch(0x0a00_0001) == .init(length: 0, value: 1))
    #expect(table.longestMatch(0xffff_ffff) == .init(length: 32, value: 2))
    #expect(table.longestMatch(0) == .init(length: 32, value: 3))
    #expect(table.covering(0, length: 32).map(\.length) == [0, 32])
    #expect(table.invariantViolations() == [])
  }

  @Test("LPM: /0 and /128 of IPv6")
  func extremes6() {
    var table = PrefixTable<UInt128>()
    table.insert(0, length: 0, value: 1)
    table.insert(.max, length: 128, value: 2)
    #expect(table.longestMatch(0) == .init(length: 0, value: 1))
    #expect(table.longestMatch(.max) == .init(length: 128, value: 2))
    #expect(table.longestMatch(.max - 1) == .init(length: 0, value: 1))
    #expect(table.remove(.max, length: 128) == 2)
    #expect(table.longestMatch(.max) == .init(length: 0, value: 1))
    #expect(table.invariantViolations() == [])
  }

  @Test("every length of one path is found, the longest first to go", arguments: [32, 128])
  func everyLength(width: Int) {
    func check<Key: FixedWidthInteger & UnsignedInteger & Sendable>(_: Key.Type) {
      let key = Key.max / 3
      var table = PrefixTable<Key>()
      for length in 0...Key.bitWidth { table.insert(key, length: length, value: UInt32(length)) }
      for length in (0...Key.bitWidth).reversed() {
        #expect(table.longestMatch(key) == .init(length: length, value: UInt32(length)))
        #expect(table.remove(key, length: length) == UInt32(length))
      }
      #expect(table.isEmpty)
      #expect(table.invariantViolations() == [])
    }
    if width == 32 { check(UInt32.self) } else { check(UInt128.self) }
  }

  @Test("bits behind the length are ignored")
  func trailingBits() {
    var table = PrefixTable<UInt32>()
    table.insert(0x0a01_0203, length: 16, value: 1)
    #expect(table.insert(0x0a01_ffff, length: 16, value: 2) == 1)
    #expect(table.value(0x0a01_0000, length: 16) == 2)
    #expect(table.count == 1)
    #expect(
      table.covered(by: 0, length: 0) == [.init(key: 0x0a01_0000, length: 16, value: 2)])
  }

  @Test("a table from a sequence: any order, the last of equal prefixes stays")
  func fromSequence() {
    let table = PrefixTable<UInt32>([
      .init(key: 0xc000_0200, length: 24, value: 1), .init(key: 0, length: 0, value: 2),
      .init(key: 0xc000_0200, length: 24, value: 3),
    ])
    #expect(table.count == 2)
    #expect(table.longestMatch(0xc000_0201)?.value == 3)
  }

  @Test("a full node: 511 prefixes in one, 256 children below")
  func fullNode() {
    var table = PrefixTable<UInt32>()
    for bits in 0...8 {
      for value in 0..<UInt32(1 << bits) {
        table.insert(bits == 0 ? 0 : value << UInt32(32 - bits), length: bits, value: value)
      }
    }
    for octet in 0..<256 as Range<UInt32> {
      table.insert(octet << 24 | 0x10000, length: 16, value: 1000 + octet)
    }
    #expect(table.count == 511 + 256)
    #expect(table.invariantViolations() == [])
    #expect(table.longestMatch(0x7f01_0000) == .init(length: 16, value: 1127))
    #expect(table.longestMatch(0x7f02_0000) == .init(length: 8, value: 127))
    table.forEachPrefix { table.remove($0.key, length: $0.length) }
    #expect(table.isEmpty)
    #expect(table.invariantViolations() == [])
  }

  @Test("a snapshot stays as it was, whichever side writes")
  func snapshots() {
    var table = PrefixTable<UInt32>()
    table.insert(0x0a00_0000, length: 8, value: 1)
    table.insert(0x0a01_0000, length: 16, value: 2)
    let before = table
    table.insert(0x0a01_0000, length: 16, value: 3)
    table.remove(0x0a00_0000, length: 8)
    var branch = before
    branch.insert(0x0a01_0100, length: 24, value: 4)
    #expect(before.covering(0x0a01_0101, length: 32).map(\.value) == [1, 2])
    #expect(table.covering(0x0a01_0101, length: 32).map(\.value) == [3])
    #expect(branch.covering(0x0a01_0101, length: 32).map(\.value) == [1, 2, 4])
    for table in [before, table, branch] { #expect(table.invariantViolations() == []) }
  }

  @Test("copies are read on other threads while one is written")
  func concurrentReaders() async {
    var table = PrefixTable<UInt32>()
    for index in 0..<2000 as Range<UInt32> { table.insert(index << 16, length: 16, value: index) }
    await withTaskGroup(of: Bool.self) { group in
      for round in 0..<8 as Range<UInt32> {
        let snapshot = table
        group.addTask {
          var copy = snapshot
          copy.insert(0, length: 0, value: round)
          return (0..<2000 as Range<UInt32>).allSatisfy {
            snapshot.longestMatch($0 << 16 | 1)?.value == $0 + round * 10_000
          } && copy.longestMatch(.max)?.value == round
        }
        for index in 0..<2000 as Range<UInt32> {
          table.insert(index << 16, length: 16, value: index + (round + 1) * 10_000)
        }
      }
      for await right in group { #expect(right) }
    }
    #expect(table.invariantViolations() == [])
  }

  @Test("bulk lookup gives what single lookups give, and `missing` where nothing matches")
  func bulk() {
    var table = PrefixTable<UInt32>()
    table.insert(0x0a00_0000, length: 8, value: 7)
    table.insert(0x0a80_0000, length: 9, value: 8)
    let keys: [UInt32] = [0x0a00_0001, 0x0a80_0001, 0x0b00_0000]
    var values = [UInt32](repeating: 0, count: keys.count)
    keys.withUnsafeBufferPointer { keys in
      values.withUnsafeMutableBufferPointer { table.lookup(keys, into: $0, missing: .max) }
    }
    #expect(values == [7, 8, .max])
  }
}
