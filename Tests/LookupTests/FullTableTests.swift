import Foundation
import Lookup
import TestSupport
import Testing

@Suite("the full BGP table", .needsSharedData)
struct FullTableTests {
  @Test("LPM: a full table, IPv4 and IPv6, against per-length dictionaries")
  func fullTable() throws {
    let full = try FullTable()
    #expect(full.v4.count == 901_899)
    #expect(full.v6.count == 160_147)
    try check(full.v4, "IPv4")
    try check(full.v6, "IPv6")
  }

  private func check<Key>(
    _ elements: [PrefixTable<Key>.Element], _ name: String
  ) throws where Key: FixedWidthInteger & UnsignedInteger & Sendable {
    let clock = ContinuousClock()
    var table = PrefixTable<Key>()
    let loading = clock.measure { table = PrefixTable(elements) }
    #expect(table.count == elements.count)
    let slow = ByLength(elements)
    var random = SeededGenerator(seed: 7)
    // Addresses inside known prefixes, and anywhere.
    var keys: [Key] = []
    for index in 0..<100_000 {
      let element = try #require(elements.randomElement(using: &random))
      let noise = Key.random(in: 0...Key.max, using: &random)
      keys.append(
        index % 4 == 0 || element.length == 0
          ? noise
          : element.key | (element.length == Key.bitWidth ? 0 : noise >> Key(element.length)))
    }
    var found = [UInt32](repeating: 0, count: keys.count)
    let looking = clock.measure {
      keys.withUnsafeBufferPointer { keys in
        found.withUnsafeMutableBufferPointer { table.lookup(keys, into: $0, missing: .max) }
      }
    }
    let wrong = keys.indices.first { found[$0] != slow.longestMatch(keys[$0])?.value ?? .max }
    #expect(wrong == nil, "key \(String(wrong.map { keys[$0] } ?? 0, radix: 16))")
    print(
      "\(name): \(elements.count) prefixes in \(loading) and \(table.memoryInBytes) bytes, "
        + "\(keys.count) lookups in \(looking)")

    // Withdrawn by half: the rest is still right, and the snapshot whole.
    let snapshot = table
    for index in stride(from: 0, to: elements.count, by: 2) {
      table.remove(elements[index].key, length: elements[index].length)
    }
    let rest = ByLength(elements.enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
    let wrongRest = keys.first { table.longestMatch($0) != rest.longestMatch($0) }
    #expect(wrongRest == nil)
    #expect(snapshot.count == elements.count)
    #expect(keys.first { snapshot.longestMatch($0) != slow.longestMatch($0) } == nil)
  }
}
