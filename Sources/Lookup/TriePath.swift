/// Where a prefix stands in the trie.
struct TriePath {
  /// The key's bits, the first one highest, whatever the key's width; zero behind the length.
  var bits: UInt128
  var length: Int

  init(bits: UInt128, length: Int) {
    self.bits = length == 0 ? 0 : bits & UInt128.max << UInt128(128 - length)
    self.length = length
  }

  /// Depth of the node that holds it.
  var depth: Int { length == 0 ? 0 : (length - 1) / 8 }

  func octet(_ depth: Int) -> Int {
    Int(UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * depth)))
  }

  /// Its index in that node.
  var index: Int {
    let count = length - 8 * depth
    return 1 << count | octet(depth) >> (8 - count)
  }

  /// The prefix behind `bits`, of an index in a node at a depth.
  static func bits(_ bits: UInt128, adding index: Int, at depth: Int) -> UInt128 {
    let count = bitCount(ofIndex: index)
    let value = UInt128(index ^ 1 << count)
    return bits | value << UInt128(128 - 8 * depth - count)
  }

  /// How many bits of the node's octet an index fixes: 0 to 8.
  static func bitCount(ofIndex index: Int) -> Int { Int.bitWidth - 1 - index.leadingZeroBitCount }
}
