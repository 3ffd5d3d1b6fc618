/// What a node says to the compiled forms: about two octets, and about a *part*, the 32 octets behind three bits.
///
/// What the walks share is inlined: as calls it costs a tenth of the IPv6 updates a second.
extension TrieNode {
  /// The longest prefix that ends in two octets, from this node on, and the node behind them. The default route does
  /// not count: views keep it apart.
  /// - Parameter inherited: where there is no such prefix.
  @inline(__always)
  func answer(ofPair pair: Int, inherited: UInt32) -> (value: UInt32, next: TrieNode?) {
    var best = inherited
    // 1 is the default route; below the top no node has it.
    var index = longestIndex(pair >> 8)
    if index > 1 { best = value(index) }
    guard let second = child(pair >> 8) else { return (best, nil) }
    index = second.longestIndex(pair & 255)
    if index != 0 { best = second.value(index) }
    return (best, second.child(pair & 255))
  }

  /// One bit for each octet of a part: those that have a child.
  func childBits(part: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: childWord(part >> 1) >> UInt64((part & 1) << 5))
  }

  /// What the octets of a part resolve to in this node.
  /// - Parameter inherited: where the node has nothing.
  func expand(part: Int, inherited: UInt32, into slots: UnsafeMutablePointer<UInt32>) {
    slots.update(repeating: commonAnswer(part: part, inherited: inherited), count: 32)
    // From short to long, so that the longer overwrites.
    for bits in 4...8 {
      let first = Self.firstIndex(part: part, bits: bits)
      var found = valueBits(part: part, bits: bits)
      let width = 1 << (8 - bits)
      while found != 0 {
        let offset = found.trailingZeroBitCount
        found &= found - 1
        (slots + offset * width).update(repeating: value(first + offset), count: width)
      }
    }
  }

  /// What the octets of a part resolve to, where they are all one and have no children.
  func onlyAnswer(part: Int, inherited: UInt32) -> UInt32? {
    guard childBits(part: part) == 0 else { return nil }
    var found: UInt64 = 0
    for bits in 4...8 { found |= valueBits(part: part, bits: bits) }
    return found == 0 ? commonAnswer(part: part, inherited: inherited) : nil
  }

  /// Of the longest prefix that holds all of a part, but for the one of no bits.
  @inline(__always)
  private func commonAnswer(part: Int, inherited: UInt32) -> UInt32 {
    var best = inherited
    for bits in 1...3 {
      let index = 1 << bits | part >> (3 - bits)
      if hasValue(index) { best = value(index) }
    }
    return best
  }

  /// One bit for each index of so many bits (4 to 8) in a part: those that have a value.
  @inline(__always)
  private func valueBits(part: Int, bits: Int) -> UInt64 {
    let first = Self.firstIndex(part: part, bits: bits)
    return prefixWord(first >> 6) >> UInt64(first & 63) & (1 << UInt64(1 << (bits - 3)) - 1)
  }

  @inline(__always)
  private static func firstIndex(part: Int, bits: Int) -> Int { 1 << bits | part << (bits - 3) }
}
