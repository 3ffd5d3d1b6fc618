import Foundation
import Lookup
import TestSupport
import Testing

/// The prefixes of a full BGP table, from the published data set.
enum FullTable {
  static let path: String = {
    let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent()
    let data =
      ProcessInfo.processInfo.environment["SPURLINE_DATA"]
      ?? root.appending(path: "../shared/data").path(percentEncoded: false)
    return data + "/bgp/full-table-prefixes.txt.gz"
  }()

  static var isPresent: Bool { FileManager.default.fileExists(atPath: path) }

  static func load() throws -> (
    v4: [PrefixTable<UInt32>.Element], v6: [PrefixTable<UInt128>.Element]
  ) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    var v4: [PrefixTable<UInt32>.Element] = []
    var v6: [PrefixTable<UInt128>.Element] = []
    for line in text.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
      let parts = line.split(separator: UInt8(ascii: "/"))
      let address = String(decoding: parts[0], as: UTF8.self)
      let length = try #require(Int(String(decoding: parts[1], as: UTF8.self)))
      var bytes = [UInt8](repeating: 0, count: 16)
      if inet_pton(AF_INET, address, &bytes) == 1 {
        let key = bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) }
        v4.append(.init(key: key, length: length, value: UInt32(v4.count)))
      } else {
        try #require(inet_pton(AF_INET6, address, &bytes) == 1)
        let key = bytes.reduce(0) { $0 << 8 | UInt128($1) }
        v6.append(.init(key: key, length: length, value: UInt32(v6.count)))
      }
    }
    return (v4, v6)
  }
}

/// The longest match by one dictionary for each length.
struct ByLength<Key: FixedWidthInteger & UnsignedInteger & Sendable> {
  var tables: [Int: [Key: UInt32]] = [:]
  var lengths: [Int] = []

  init(_ elements: [PrefixTable<Key>.Element]) {
    for element in elements { tables[element.length, default: [:]][element.key] = element.value }
    lengths = tables.keys.sorted(by: >)
  }

  func longestMatch(_ key: Key) -> PrefixTable<Key>.Match? {
    for length in lengths {
      let masked = length == 0 ? 0 : key & Key.max << Key(Key.bitWidth - length)
      if let value = tables[length]?[masked] { return .init(length: length, value: value) }
    }
    return nil
  }
}

@Suite("the full BGP table")
struct FullTableTests {
  @Test("LPM: a full table, IPv4 and IPv6, against per-length dictionaries")
  func fullTable() throws {
    guard FullTable.isPresent else {
      print("SKIPPED: no \(FullTable.path)")
      #expect(ProcessInfo.processInfo.environment["CI"] == nil, "the data must be there in CI")
      return
    }
    let (v4, v6) = try FullTable.load()
    #expect(v4.count == 901_899)
    #expect(v6.count == 160_147)
    try check(v4, "IPv4")
    try check(v6, "IPv6")
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
