/// Holds the top of a trie for the copies of a table that share it.
///
/// Sendable by its use: a table writes only where `isKnownUniquelyReferenced` says that no other copy has this
/// owner, and below it only to nodes whose own count says the same.
@usableFromInline
final class TrieOwner: @unchecked Sendable {
  // Unchecked: a check would cost each lookup a call, and nothing reads while the one owner is written.
  @exclusivity(unchecked) @usableFromInline var top: TrieNode

  init() { top = TrieNode.make() }

  /// Another owner of the same nodes.
  init(sharing other: TrieOwner) {
    top = other.top
    top.retain()
  }

  deinit { top.release() }

  /// - Precondition: this owner belongs to one table.
  func insert(_ path: TriePath, value: UInt32) -> UInt32? {
    withUnsafeMutablePointer(to: &top) { top in
      var slot = top
      for depth in 0..<path.depth {
        TrieNode.makeUnique(slot)
        slot = TrieNode.childSlot(path.octet(depth), in: slot)
      }
      TrieNode.makeUnique(slot)
      return TrieNode.setValue(value, at: path.index, in: slot)
    }
  }

  /// - Precondition: this owner belongs to one table, and the prefix is in it.
  func remove(_ path: TriePath) -> UInt32 {
    withUnsafeMutablePointer(to: &top) { Self.remove(path, depth: 0, in: $0) }
  }

  private static func remove(_ path: TriePath, depth: Int, in slot: TrieNode.Slot) -> UInt32 {
    TrieNode.makeUnique(slot)
    guard depth < path.depth else { return TrieNode.removeValue(at: path.index, in: slot) }
    let octet = path.octet(depth)
    let child = TrieNode.childSlot(octet, in: slot)
    let old = remove(path, depth: depth + 1, in: child)
    if child.pointee.isEmpty { TrieNode.removeChild(octet, in: slot) }
    return old
  }

  /// The node that holds a prefix, if it exists.
  func node(of path: TriePath) -> TrieNode? {
    var node = top
    for depth in 0..<path.depth {
      guard let child = node.child(path.octet(depth)) else { return nil }
      node = child
    }
    return node
  }

  func value(_ path: TriePath) -> UInt32? {
    guard let node = node(of: path), node.hasValue(path.index) else { return nil }
    return node.value(path.index)
  }

  /// Calls back with length and value of each prefix that holds this one, the shortest first.
  func forEachCovering(_ path: TriePath, _ body: (Int, UInt32) -> Void) {
    var node = top
    for depth in 0...path.depth {
      let last = min(8, path.length - 8 * depth)
      for count in (depth == 0 ? 0 : 1)...last {
        let index = 1 << count | path.octet(depth) >> (8 - count)
        if node.hasValue(index) { body(8 * depth + count, node.value(index)) }
      }
      guard depth < path.depth, let child = node.child(path.octet(depth)) else { return }
      node = child
    }
  }

  /// Calls back with bits, length and value of each prefix inside this one (itself too), by address, the
  /// shorter before the longer.
  func forEachCovered(by path: TriePath, _ body: (UInt128, Int, UInt32) throws -> Void) rethrows {
    guard let node = node(of: path) else { return }
    let depth = path.depth
    let above = depth == 0 ? 0 : path.bits & UInt128.max << UInt128(128 - 8 * depth)
    try Self.visit(node, index: path.index, bits: above, depth: depth, body)
  }

  /// What a node holds below an index, the index too, and the children there.
  private static func visit(
    _ node: TrieNode, index top: Int, bits: UInt128, depth: Int,
    _ body: (UInt128, Int, UInt32) throws -> Void
  ) rethrows {
    for place in node.places(below: top) {
      if let index = place.index {
        try body(
          TriePath.bits(bits, adding: index, at: depth),
          8 * depth + TriePath.bitCount(ofIndex: index), node.value(index))
      } else if let child = node.child(place.octet) {
        let above = TriePath.bits(bits, adding: 256 | place.octet, at: depth)
        try visit(child, index: 1, bits: above, depth: depth + 1, body)
      }
    }
  }
}
