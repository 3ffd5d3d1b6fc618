/// The content of a node in the order of a routing table.
extension TrieNode {
  /// A prefix or a child: its first octet above its number of bits, where a child counts as nine, so that
  /// numbers order as the routing table does.
  struct Place: Comparable {
    var rank: UInt16

    var octet: Int { Int(rank >> 4) }

    /// Of a prefix; nil for a child.
    var index: Int? {
      let bits = Int(rank & 15)
      return bits > 8 ? nil : 1 << bits | octet >> (8 - bits)
    }

    static func < (a: Place, b: Place) -> Bool { a.rank < b.rank }
  }

  /// The prefixes at and below an index, and the children below it, in order.
  func places(below top: Int) -> [Place] {
    let topBits = TriePath.bitCount(ofIndex: top)
    let first = (top ^ 1 << topBits) << (8 - topBits)
    let octets = first..<(first + 1 << (8 - topBits))
    var places: [Place] = []
    Self.forEachBit(words: Self.prefixWordCount, prefixWord) { index in
      let bits = TriePath.bitCount(ofIndex: index)
      let octet = (index ^ 1 << bits) << (8 - bits)
      if bits >= topBits, octets.contains(octet) {
        places.append(Place(rank: UInt16(octet << 4 | bits)))
      }
    }
    Self.forEachBit(words: Self.childWordCount, childWord) { octet in
      if octets.contains(octet) { places.append(Place(rank: UInt16(octet << 4 | 9))) }
    }
    places.sort()
    return places
  }

  private static func forEachBit(words: Int, _ word: (Int) -> UInt64, _ body: (Int) -> Void) {
    for index in 0..<words {
      var rest = word(index)
      while rest != 0 {
        body(index * 64 + rest.trailingZeroBitCount)
        rest &= rest - 1
      }
    }
  }
}
