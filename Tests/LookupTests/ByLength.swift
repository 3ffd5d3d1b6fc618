import Lookup

/// The longest match by one dictionary for each length: slow, but quick enough for a full table.
struct ByLength<Key: FixedWidthInteger & UnsignedInteger & Sendable> {
  private var tables: [[Key: UInt32]]
  /// Those in use, the longest first.
  private var lengths: [Int] = []

  init() { tables = Array(repeating: [:], count: Key.bitWidth + 1) }

  init(_ elements: [PrefixTable<Key>.Element]) {
    self.init()
    for element in elements {
      tables[element.length][Self.masked(element.key, element.length)] = element.value
    }
    lengths = tables.indices.filter { !tables[$0].isEmpty }.reversed()
  }

  var count: Int { tables.reduce(0) { $0 + $1.count } }

  static func masked(_ key: Key, _ length: Int) -> Key {
    length == 0 ? 0 : key & Key.max << Key(Key.bitWidth - length)
  }

  /// Sets a prefix's value, or with nil removes it, and returns the one it had.
  mutating func set(_ key: Key, length: Int, to value: UInt32?) -> UInt32? {
    let key = Self.masked(key, length)
    let (old, wasEmpty) = (tables[length][key], tables[length].isEmpty)
    tables[length][key] = value
    if tables[length].isEmpty != wasEmpty {
      lengths = tables.indices.filter { !tables[$0].isEmpty }.reversed()
    }
    return old
  }

  func value(_ key: Key, length: Int) -> UInt32? { tables[length][Self.masked(key, length)] }

  func longestMatch(_ key: Key) -> PrefixTable<Key>.Match? {
    for length in lengths {
      if let value = tables[length][Self.masked(key, length)] {
        return .init(length: length, value: value)
      }
    }
    return nil
  }

  /// What a vector lookup answers.
  func answer(_ key: Key) -> UInt32 { longestMatch(key)?.value ?? .max }

  /// The prefixes, in any order.
  var elements: [PrefixTable<Key>.Element] {
    lengths.flatMap { length in
      tables[length].map { .init(key: $0.key, length: length, value: $0.value) }
    }
  }
}
