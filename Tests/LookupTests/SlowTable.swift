import Lookup

/// What `PrefixTable` is compared with: a dictionary, and every answer by looking at all of it.
struct SlowTable<Key: FixedWidthInteger & UnsignedInteger & Sendable> {
  struct Prefix: Hashable {
    var key: Key
    var length: Int

    init(_ key: Key, _ length: Int) {
      self.key = length == 0 ? 0 : key & Key.max << Key(Key.bitWidth - length)
      self.length = length
    }

    func holds(_ other: Prefix) -> Bool {
      other.length >= length && Prefix(other.key, length) == self
    }
  }

  var values: [Prefix: UInt32] = [:]

  func covering(_ prefix: Prefix) -> [PrefixTable<Key>.Match] {
    values.filter { $0.key.holds(prefix) }.sorted { $0.key.length < $1.key.length }
      .map { .init(length: $0.key.length, value: $0.value) }
  }

  func covered(by prefix: Prefix) -> [PrefixTable<Key>.Element] {
    values.filter { prefix.holds($0.key) }
      .sorted { ($0.key.key, $0.key.length) < ($1.key.key, $1.key.length) }
      .map { .init(key: $0.key.key, length: $0.key.length, value: $0.value) }
  }

  func longestMatch(_ key: Key) -> PrefixTable<Key>.Match? {
    covering(Prefix(key, Key.bitWidth)).last
  }
}
