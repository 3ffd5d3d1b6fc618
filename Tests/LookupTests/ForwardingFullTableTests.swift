import Foundation
import Lookup
import TestSupport
import Testing

/// The full table in its compiled form. Counts are smaller without optimization: with
/// `swift test -c release -Xswiftc -enable-testing` they are whole.
@Suite("the full BGP table, compiled", .serialized, .needsSharedData)
struct ForwardingFullTableTests {
  #if DEBUG
    static let isOptimized = false
  #else
    static let isOptimized = true
  #endif

  @Test("LPM: a full table by all kernels, and its size")
  func fullTable() throws {
    let full = try FullTable()
    try check(full.v4, memory: 8 << 20)
    try check(full.v6, memory: 3 << 20)
  }

  private func check<Key: TestedKey>(
    _ elements: [PrefixTable<Key>.Element], memory: Int
  ) throws {
    var random = SeededGenerator(seed: 11)
    // A next hop for each peer, as a router has them.
    let elements = elements.shuffled(using: &random).map {
      PrefixTable<Key>.Element(key: $0.key, length: $0.length, value: $0.value * 7 % 255)
    }
    let table = ForwardingTable(elements)
    let size = table.memory
    print("\(Key.self): \(size)")
    #expect(table.count == elements.count)
    #expect(size.readSide <= memory)

    let keys = Self.keys(
      in: elements, count: Self.isOptimized ? 1_000_000 : 150_000, using: &random)
    let slow = ByLength(elements)
    let expected = keys.map(slow.answer)
    let reader = table.domain.makeReader()
    for kernel in LookupKernel.allCases where kernel.isAvailable {
      var values = [UInt32](repeating: 0, count: keys.count)
      var room = values.mutableSpan
      table.lookup(keys.span, into: &room, by: reader, kernel: kernel)
      let wrong = values.indices.first { values[$0] != expected[$0] }
      #expect(wrong == nil, "\(kernel), 0x\(String(wrong.map { keys[$0] } ?? 0, radix: 16))")
    }
  }

  /// Addresses inside of prefixes, and a quarter anywhere.
  static func keys<Key: TestedKey>(
    in elements: [PrefixTable<Key>.Element], count: Int,
    using random: inout some RandomNumberGenerator
  ) -> [Key] {
    (0..<count).map { index in
      let noise = Key.random(in: 0...Key.max, using: &random)
      guard index % 4 != 0, let element = elements.randomElement(using: &random) else {
        return noise
      }
      return element.key
        | (element.length == Key.bitWidth ? 0 : noise >> Key(element.length))
    }
  }

  @Test(
    "withdrawn and announced again, five times: right each time, and no larger than after the first"
  )
  func cycles() throws {
    let full = try FullTable()
    try cycle(full.v4, share: Self.isOptimized ? 1 : 50)
    try cycle(full.v6, share: Self.isOptimized ? 1 : 30)
  }

  /// - Parameter share: one prefix of so many.
  private func cycle<Key: TestedKey>(
    _ all: [PrefixTable<Key>.Element], share: Int
  ) throws {
    var random = SeededGenerator(seed: 12)
    let elements = Array(all.shuffled(using: &random).prefix(all.count / share))
      .map { PrefixTable<Key>.Element(key: $0.key, length: $0.length, value: $0.value % 0x7fff) }
    let slow = ByLength(elements)
    let keys = Self.keys(in: elements, count: 20_000, using: &random)
    let expected = keys.map(slow.answer)
    let table = ForwardingTable(elements)
    let empty = ForwardingTable<Key>().memory
    let reader = table.domain.makeReader()
    func answers() -> [UInt32] {
      var values = [UInt32](repeating: 0, count: keys.count)
      var room = values.mutableSpan
      table.lookup(keys.span, into: &room, by: reader)
      return values
    }
    func settle() -> CompiledMemory {
      // What is taken back may give other memory free.
      for _ in 0..<3 {
        reader.passBoundary()
        table.reclaim()
      }
      return table.memory
    }
    #expect(answers() == expected)

    var first: CompiledMemory?
    for round in 1...5 {
      for (number, element) in elements.enumerated() {
        table.remove(element.key, length: element.length)
        if number % 256 == 0 { reader.passBoundary() }
      }
      #expect(answers().allSatisfy { $0 == .max })
      let withdrawn = settle()
      #expect(withdrawn.placesInUse == empty.placesInUse, "round \(round)")
      #expect(withdrawn.retired == 0, "round \(round)")
      for (number, element) in elements.shuffled(using: &random).enumerated() {
        table.insert(element.key, length: element.length, value: element.value)
        if number % 256 == 0 { reader.passBoundary() }
      }
      #expect(answers() == expected, "round \(round)")
      let announced = settle()
      print("\(Key.self), round \(round): \(announced)")
      if let first {
        #expect(announced.readSide == first.readSide, "round \(round)")
        #expect(announced.retired == 0, "round \(round)")
        // The order decides a little about the shape (IPv6).
        let change = abs(announced.placesInUse - first.placesInUse)
        #expect(change <= (Key.bitWidth == 32 ? 0 : first.placesInUse / 50), "round \(round)")
      } else {
        first = announced
      }
    }
  }
}
