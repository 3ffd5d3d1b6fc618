/// One node of the trie: a block of memory that is reached by pointer only.
///
/// A node at depth d stands behind d octets and holds the prefixes of length 8d+1 to 8d+8 (the one at the
/// top also length 0). A prefix has an *index* in its node: `1 << bits | value` of the bits that it has
/// in the node's octet, so 1 is none, 2 and 3 are one bit, 256 to 511 are all eight; the index of the next
/// shorter prefix is half of it.
///
/// | offset | bytes | what |
/// |---:|---:|---|
/// | 0 | 8 | reference count, atomic |
/// | 8 | 2 | number of children |
/// | 10 | 2 | number of values |
/// | 12 | 2 | room for children |
/// | 14 | 2 | room for values |
/// | 16 | 8 | for each word of the child bitmap the children before it, 16 bits each |
/// | 24 | 16 | for each word of the prefix bitmap the values before it, 16 bits each |
/// | 40 | 32 | bitmap of the octets that have a child |
/// | 72 | 64 | bitmap of the indices that have a value |
/// | 136 | 8 each | children, in order of their octet |
/// | | 4 each | values, in order of their index |
///
/// The reference count is ours and not Swift's, so that a walk costs no reference counting: it follows
/// pointers that the table's owner keeps alive. A node with a count above one is never written.
@usableFromInline
struct TrieNode: Equatable {
  @usableFromInline let base: UnsafeMutableRawPointer

  @inlinable
  init(base: UnsafeMutableRawPointer) { self.base = base }

  @usableFromInline static let childWordCount = 4
  @usableFromInline static let prefixWordCount = 8
  static let childCountOffset = 8
  static let valueCountOffset = 10
  static let childCapacityOffset = 12
  static let valueCapacityOffset = 14
  @inlinable static var childRanksOffset: Int { 16 }
  @inlinable static var valueRanksOffset: Int { 24 }
  @inlinable static var childBitsOffset: Int { 40 }
  @inlinable static var prefixBitsOffset: Int { 72 }
  @inlinable static var childrenOffset: Int { 136 }

  @inlinable var valueCapacityBytesAhead: Int {
    Int(base.load(fromByteOffset: 12, as: UInt16.self)) * 8
  }

  var childCount: Int { count(at: Self.childCountOffset) }
  var valueCount: Int { count(at: Self.valueCountOffset) }
  var childCapacity: Int { count(at: Self.childCapacityOffset) }
  var valueCapacity: Int { count(at: Self.valueCapacityOffset) }
  var isEmpty: Bool { childCount == 0 && valueCount == 0 }

  private func count(at offset: Int) -> Int {
    Int(base.load(fromByteOffset: offset, as: UInt16.self))
  }

  @inlinable
  func childWord(_ word: Int) -> UInt64 {
    base.load(fromByteOffset: Self.childBitsOffset + word * 8, as: UInt64.self)
  }

  @inlinable
  func prefixWord(_ word: Int) -> UInt64 {
    base.load(fromByteOffset: Self.prefixBitsOffset + word * 8, as: UInt64.self)
  }

  var children: UnsafeMutablePointer<TrieNode> {
    (base + Self.childrenOffset).assumingMemoryBound(to: TrieNode.self)
  }

  /// Where the values begin: behind the room for children.
  @inlinable var values: UnsafeMutablePointer<UInt32> {
    (base + (Self.childrenOffset + valueCapacityBytesAhead)).assumingMemoryBound(to: UInt32.self)
  }

  // MARK: - Reading

  /// The child for an octet, if there is one.
  @inlinable
  func child(_ octet: Int) -> TrieNode? {
    let word = childWord(octet &>> 6)
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: octet & 63)
    guard word & bit != 0 else { return nil }
    let before = base.load(
      fromByteOffset: Self.childRanksOffset + (octet &>> 6) &* 2, as: UInt16.self)
    let rank = Int(before) &+ (word & (bit &- 1)).nonzeroBitCount
    return base.load(fromByteOffset: Self.childrenOffset + rank &* 8, as: TrieNode.self)
  }

  @inlinable
  func hasValue(_ index: Int) -> Bool {
    prefixWord(index &>> 6) &>> UInt64(truncatingIfNeeded: index & 63) & 1 != 0
  }

  /// How many values stand before that of an index.
  @inlinable
  func valueRank(_ index: Int) -> Int {
    let before = base.load(
      fromByteOffset: Self.valueRanksOffset + (index &>> 6) &* 2, as: UInt16.self)
    let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: index & 63)
    return Int(before) &+ (prefixWord(index &>> 6) & (bit &- 1)).nonzeroBitCount
  }

  /// - Precondition: `hasValue(index)`.
  @inlinable
  func value(_ index: Int) -> UInt32 { values[valueRank(index)] }

  /// The index of the longest prefix in this node that holds the octet; 0 for none.
  ///
  /// Of the nine indices on the octet's path, those of eight, seven and six bits stand in a word of
  /// their own each, and the rest share the first word: four tests instead of nine.
  @inlinable
  func longestIndex(_ octet: Int) -> Int {
    if hasValue(256 &+ octet) { return 256 &+ octet }
    let seven = 128 &+ octet &>> 1
    if hasValue(seven) { return seven }
    let six = 64 &+ octet &>> 2
    if hasValue(six) { return six }
    let hits = prefixWord(0) & Self.shortPath(octet &>> 3)
    return hits == 0 ? 0 : 63 &- hits.leadingZeroBitCount
  }

  /// The indices of five bits and fewer on the path to five bits.
  @inlinable
  static func shortPath(_ five: Int) -> UInt64 {
    let p = UInt64(truncatingIfNeeded: five)
    let long: UInt64 = 1 &<< (32 &+ p) | 1 &<< (16 &+ p &>> 1) | 1 &<< (8 &+ p &>> 2)
    let short: UInt64 = 1 &<< (4 &+ p &>> 3) | 1 &<< (2 &+ p &>> 4) | 2
    return long | short
  }
}
