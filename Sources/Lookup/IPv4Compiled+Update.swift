import Synchronization

/// Keeping the records what the routes say.
extension IPv4Compiled {
  /// Builds everything anew from the routes.
  public func build(from routes: PrefixTable<UInt32>, largest: UInt32) {
    rebuild(from: routes, isWide: largest > largestValue || view.pointee.isWide)
  }

  private func rebuild(from routes: PrefixTable<UInt32>, isWide: Bool) {
    let (spills, leaves) = (spillCapacity, view.pointee.leafCapacity)
    let unrouted = routes.value(0, length: 0) ?? .max
    func isComplete() -> Bool {
      runs = RunAllocator(capacity: leaves)
      spillCount = 0
      freeSpills = []
      startLeaves()
      return refresh(pairs: 0..<1 << 16, parts: 0..<8, routes)
    }
    views.startBuilding(
      IPv4View(spills: spills, leaves: leaves, isWide: isWide, unrouted: unrouted))
    if !isComplete() {
      views.replace(
        by: IPv4View(spills: spills, leaves: leaves, isWide: true, unrouted: unrouted))
      guard isComplete() else { fatalError("a wide table that ran out of spills") }
    }
    views.finishBuilding()
  }

  /// Brings the records up to date after a prefix has come, changed or gone.
  public func update(
    _ key: UInt32, length: Int, from routes: PrefixTable<UInt32>
  ) {
    if length == 0 {
      views.setUnrouted(routes.value(0, length: 0) ?? .max)
      return
    }
    let pair = Int(key >> 16)
    let complete: Bool
    if length <= 16 {
      complete = refresh(pairs: pair..<pair + 1 << (16 - length), parts: 0..<8, routes)
    } else {
      let part = Int(key >> 13 & 7)
      let count = length >= 19 ? 1 : 1 << (19 - length)
      complete = refresh(pairs: pair..<pair + 1, parts: part..<part + count, routes)
    }
    if !complete { rebuild(from: routes, isWide: true) }
  }

  /// - Parameter pairs: the first two octets of the /16s to bring up to date.
  /// - Parameter parts: in each of them, the /19s.
  /// - Returns: false where the table ran out of spills and must become wide; nothing is wrong then, but the
  ///   update is not done.
  private func refresh(
    pairs: Range<Int>, parts: Range<Int>, _ routes: PrefixTable<UInt32>
  ) -> Bool {
    let top = routes.owner.top
    for pair in pairs {
      let (inherited, node) = top.answer(ofPair: pair, inherited: .max)
      for part in parts {
        if let node {
          node.expand(part: part, inherited: inherited, into: slots)
          guard attachSpills(node, part, record: pair << 3 | part) else { return false }
        } else {
          slots.update(repeating: inherited, count: 32)
        }
        write(record: pair << 3 | part, slots)
      }
    }
    return true
  }

  /// Gives each /24 with longer prefixes its spill, and brings the spills up to date.
  private func attachSpills(_ node: TrieNode, _ part: Int, record: Int) -> Bool {
    var octets = node.childBits(part: part)
    while octets != 0 {
      let slot = octets.trailingZeroBitCount
      octets &= octets - 1
      guard let child = node.child(part << 5 | slot) else { continue }
      let inherited = slots[slot]
      let old = load(view.pointee.leafPlace(record, UInt32(slot)))
      let id: Int
      if IPv4View.isSpill(old) {
        id = Int(old & ~IPv4View.spillFlag)
      } else {
        guard let new = allocateSpill() else { return false }
        id = new
      }
      for part in 0..<8 {
        child.expand(part: part, inherited: inherited, into: spillSlots)
        write(record: IPv4View.spillRecord(id) + part, spillSlots)
      }
      slots[slot] = IPv4View.spillFlag | UInt32(id)
    }
    return true
  }

  /// Makes a record say what stands in the slots, at the least cost: not at all where it does, leaf by leaf
  /// where its runs stay, else by a new run of leaves and one store.
  private func write(record: Int, _ slots: UnsafeMutablePointer<UInt32>) {
    var bitmap: UInt32 = 0
    var count = 1
    fresh[0] = slots[31]
    for slot in stride(from: 30, through: 0, by: -1) where slots[slot] != slots[slot &+ 1] {
      bitmap |= 1 << UInt32(slot)
      fresh[count] = slots[slot]
      count += 1
    }
    let old = view.pointee.records[record].load(ordering: .relaxed)
    let oldBitmap = UInt32(truncatingIfNeeded: old)
    let oldPlace = Int(old >> 32)

    if bitmap == 0 {
      let value = fresh[0]
      if oldBitmap == 0, load(oldPlace) == value { return }
      publish(record, bitmap: 0, place: share(value))
    } else if bitmap == oldBitmap {
      for index in 0..<count {
        let leaf = load(oldPlace + index)
        guard leaf != fresh[index] else { continue }
        store(fresh[index], at: oldPlace + index)
        if IPv4View.isSpill(leaf) { views.retire(.spill(Int(leaf & ~IPv4View.spillFlag))) }
      }
      return
    } else {
      let place = allocateLeaves(count)
      for index in 0..<count { store(fresh[index], at: place + index) }
      publish(record, bitmap: bitmap, place: place)
    }
    release(bitmap: oldBitmap, place: oldPlace)
  }

  private func publish(_ record: Int, bitmap: UInt32, place: Int) {
    view.pointee.records[record].store(UInt64(place) << 32 | UInt64(bitmap), ordering: .releasing)
  }

  /// Gives up what a record referred to before; `slots` holds the leaves that it has now.
  private func release(bitmap: UInt32, place: Int) {
    if bitmap == 0 {
      unshare(load(place))
      return
    }
    let count = bitmap.nonzeroBitCount + 1
    for index in 0..<count {
      let leaf = load(place + index)
      guard IPv4View.isSpill(leaf) else { continue }
      // A spill keeps its number for as long as its /24 has longer prefixes.
      let isKept = (0..<32).contains { slots[$0] == leaf }
      if !isKept { views.retire(.spill(Int(leaf & ~IPv4View.spillFlag))) }
    }
    views.retire(.leaves(start: place, count: count))
  }
}
