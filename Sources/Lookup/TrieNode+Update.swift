import Synchronization

/// Making, sharing and changing nodes. What changes a node takes the place that points to it, because the
/// node may move: it has to grow, or is shared and has to be copied first.
extension TrieNode {
  typealias Slot = UnsafeMutablePointer<TrieNode>

  static func byteCount(children: Int, values: Int) -> Int {
    childrenOffset + children * 8 + values * 4
  }

  /// An empty node, referred to once.
  static func make(childCapacity: Int = 0, valueCapacity: Int = 0) -> TrieNode {
    let size = byteCount(children: childCapacity, values: valueCapacity)
    let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    let node = TrieNode(base: base)
    base.bindMemory(to: Atomic<Int>.self, capacity: 1).initialize(to: Atomic(1))
    node.store(childCapacity, at: childCapacityOffset)
    node.store(valueCapacity, at: valueCapacityOffset)
    return node
  }

  private var references: UnsafeMutablePointer<Atomic<Int>> {
    base.assumingMemoryBound(to: Atomic<Int>.self)
  }

  private func store(_ count: Int, at offset: Int) {
    base.storeBytes(of: UInt16(count), toByteOffset: offset, as: UInt16.self)
  }

  var isShared: Bool { references.pointee.load(ordering: .acquiring) != 1 }

  func retain() { references.pointee.wrappingAdd(1, ordering: .relaxed) }

  /// Gives one reference up; the last one frees the node and gives up its children.
  func release() {
    guard references.pointee.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0
    else { return }
    for index in 0..<childCount { children[index].release() }
    references.deinitialize(count: 1)
    base.deallocate()
  }

  /// Replaces a shared node by a copy that the slot alone refers to.
  static func makeUnique(_ slot: Slot) {
    let node = slot.pointee
    guard node.isShared else { return }
    let copy = node.copied(childCapacity: node.childCount, valueCapacity: node.valueCount)
    for index in 0..<copy.childCount { copy.children[index].retain() }
    slot.pointee = copy
    node.release()
  }

  /// The same content in another block; the children's counts are the caller's business.
  private func copied(childCapacity: Int, valueCapacity: Int) -> TrieNode {
    let copy = Self.make(childCapacity: childCapacity, valueCapacity: valueCapacity)
    copy.store(childCount, at: Self.childCountOffset)
    copy.store(valueCount, at: Self.valueCountOffset)
    (copy.base + Self.childRanksOffset).copyMemory(
      from: base + Self.childRanksOffset, byteCount: Self.childrenOffset - Self.childRanksOffset)
    copy.children.update(from: children, count: childCount)
    copy.values.update(from: values, count: valueCount)
    return copy
  }

  /// Gives the slot's node another size, moving it.
  private static func resize(_ slot: Slot, childCapacity: Int, valueCapacity: Int) {
    let node = slot.pointee
    slot.pointee = node.copied(childCapacity: childCapacity, valueCapacity: valueCapacity)
    // The children now belong to the copy: the block goes, their counts stay.
    node.references.deinitialize(count: 1)
    node.base.deallocate()
  }

  /// Sets the value of an index and returns the one it had.
  /// - Precondition: the slot's node is not shared.
  static func setValue(_ value: UInt32, at index: Int, in slot: Slot) -> UInt32? {
    let rank = slot.pointee.valueRank(index)
    if slot.pointee.hasValue(index) {
      let old = slot.pointee.values[rank]
      slot.pointee.values[rank] = value
      return old
    }
    if slot.pointee.valueCount == slot.pointee.valueCapacity {
      resize(
        slot, childCapacity: slot.pointee.childCapacity,
        valueCapacity: max(1, slot.pointee.valueCapacity * 2))
    }
    let node = slot.pointee
    let tail = node.values + rank
    (tail + 1).update(from: tail, count: node.valueCount - rank)
    tail.pointee = value
    node.flipValueBit(index)
    node.store(node.valueCount + 1, at: valueCountOffset)
    return nil
  }

  /// - Precondition: the slot's node is not shared and has a value at the index.
  static func removeValue(at index: Int, in slot: Slot) -> UInt32 {
    let node = slot.pointee
    let rank = node.valueRank(index)
    let tail = node.values + rank
    let old = tail.pointee
    tail.update(from: tail + 1, count: node.valueCount - rank - 1)
    node.flipValueBit(index)
    node.store(node.valueCount - 1, at: valueCountOffset)
    shrink(slot)
    return old
  }

  /// The place that points to a child, made if it is missing.
  /// - Precondition: the slot's node is not shared.
  static func childSlot(_ octet: Int, in slot: Slot) -> Slot {
    let rank = slot.pointee.childRank(octet)
    if slot.pointee.child(octet) == nil {
      if slot.pointee.childCount == slot.pointee.childCapacity {
        resize(
          slot, childCapacity: max(1, slot.pointee.childCapacity * 2),
          valueCapacity: slot.pointee.valueCapacity)
      }
      let node = slot.pointee
      let tail = node.children + rank
      (tail + 1).update(from: tail, count: node.childCount - rank)
      tail.initialize(to: make())
      node.flipChildBit(octet)
      node.store(node.childCount + 1, at: childCountOffset)
    }
    return slot.pointee.children + rank
  }

  /// Gives up a child.
  /// - Precondition: the slot's node is not shared and has that child.
  static func removeChild(_ octet: Int, in slot: Slot) {
    let node = slot.pointee
    let rank = node.childRank(octet)
    let tail = node.children + rank
    tail.pointee.release()
    tail.update(from: tail + 1, count: node.childCount - rank - 1)
    node.flipChildBit(octet)
    node.store(node.childCount - 1, at: childCountOffset)
    shrink(slot)
  }

  /// Frees room once three quarters of it are unused.
  private static func shrink(_ slot: Slot) {
    let node = slot.pointee
    let fit = { (count: Int, capacity: Int) in count * 4 <= capacity ? count : capacity }
    let childCapacity = fit(node.childCount, node.childCapacity)
    let valueCapacity = fit(node.valueCount, node.valueCapacity)
    if childCapacity != node.childCapacity || valueCapacity != node.valueCapacity {
      resize(slot, childCapacity: childCapacity, valueCapacity: valueCapacity)
    }
  }

  private func childRank(_ octet: Int) -> Int {
    let before = base.load(fromByteOffset: Self.childRanksOffset + octet >> 6 * 2, as: UInt16.self)
    return Int(before) + (childWord(octet >> 6) & (1 << UInt64(octet & 63) - 1)).nonzeroBitCount
  }

  private func flipChildBit(_ octet: Int) {
    flip(
      octet, bits: Self.childBitsOffset, ranks: Self.childRanksOffset, words: Self.childWordCount)
  }

  private func flipValueBit(_ index: Int) {
    flip(
      index, bits: Self.prefixBitsOffset, ranks: Self.valueRanksOffset, words: Self.prefixWordCount)
  }

  /// Flips a bit and moves the ranks of the words behind it.
  private func flip(_ bit: Int, bits: Int, ranks: Int, words: Int) {
    let offset = bits + bit >> 6 * 8
    let flipped = base.load(fromByteOffset: offset, as: UInt64.self) ^ 1 << UInt64(bit & 63)
    base.storeBytes(of: flipped, toByteOffset: offset, as: UInt64.self)
    let step = flipped >> UInt64(bit & 63) & 1 == 1 ? 1 : -1
    for word in (bit >> 6 + 1)..<max(words, bit >> 6 + 1) {
      let rank = Int(base.load(fromByteOffset: ranks + word * 2, as: UInt16.self))
      base.storeBytes(of: UInt16(rank + step), toByteOffset: ranks + word * 2, as: UInt16.self)
    }
  }
}
