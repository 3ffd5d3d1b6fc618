public import CKernels
public import Synchronization

/// An IPv4 table as its readers see it: records, and the leaves that they lead to.
///
/// A record stands for the 32 /24s of a /19 and is found by the first 19 bits of an address; it is 8 bytes, so
/// that one store replaces it whole. Neighbouring /24s with one answer are a run, and each run has one leaf:
///
/// | bits | what |
/// |---|---|
/// | 0-31 | bit j: a run ends with /24 number j and another follows |
/// | 32-63 | place of the last run's leaf; those of the runs before it follow in turn |
///
/// The leaf of an address in /24 number j is at `place + popcount(bits >> j)`: counted from behind, because
/// then a shift by j is all it takes. A record of one run leads to a leaf that all such records of one value
/// share. A leaf is 16 bits, or 32 in a *wide* table, which has values beyond 15 bits:
///
/// | 16-bit leaf | 32-bit leaf | what |
/// |---|---|---|
/// | 0-0x7fff | 0-0x7fffffff | the value |
/// | 0x8000 and id | 0x80000000 and id | a *spill*: this /24 holds longer prefixes |
/// | 0xffff | 0xffffffff | no route |
///
/// A spill is eight records behind those of the top, each for 32 addresses, in the same form; they have no
/// spills. Zeroed memory is an empty table: the leaf at 0 says "no route".
public struct IPv4View: CompiledView {
  @usableFromInline static var topCount: Int { 1 << 19 }
  @usableFromInline static var spillFlag: UInt32 { 1 << 31 }

  @usableFromInline let records: UnsafeMutablePointer<Atomic<UInt64>>
  @usableFromInline let leaves: UnsafeMutableRawPointer
  @usableFromInline let isWide: Bool
  /// What "no route" is answered with: the value of 0.0.0.0/0 where the table has it. A default route would
  /// be in half of all records.
  public let unrouted: UInt32
  /// Whether this processor has an instruction that counts ones.
  @usableFromInline let countsInHardware: Bool

  let recordCapacity: Int
  let leafCapacity: Int

  /// A view without routes; `destroy` ends it.
  init(recordCapacity: Int, leafCapacity: Int, isWide: Bool, unrouted: UInt32) {
    self.init(
      records: Self.map(recordCapacity * 8).bindMemory(
        to: Atomic<UInt64>.self, capacity: recordCapacity),
      leaves: Self.map(Self.leafBytes(leafCapacity, isWide)), isWide: isWide, unrouted: unrouted,
      recordCapacity: recordCapacity, leafCapacity: leafCapacity)
  }

  /// - Parameter spills: room for so many.
  init(spills: Int, leaves: Int, isWide: Bool, unrouted: UInt32) {
    self.init(
      recordCapacity: Self.topCount + spills * 8, leafCapacity: leaves, isWide: isWide,
      unrouted: unrouted)
  }

  private init(
    records: UnsafeMutablePointer<Atomic<UInt64>>, leaves: UnsafeMutableRawPointer, isWide: Bool,
    unrouted: UInt32, recordCapacity: Int, leafCapacity: Int
  ) {
    self.records = records
    self.leaves = leaves
    self.isWide = isWide
    self.unrouted = unrouted
    self.recordCapacity = recordCapacity
    self.leafCapacity = leafCapacity
    countsInHardware = Processor.hasPopulationCount
  }

  /// The same records and leaves under another default route.
  func with(unrouted: UInt32) -> IPv4View {
    IPv4View(
      records: records, leaves: leaves, isWide: isWide, unrouted: unrouted,
      recordCapacity: recordCapacity, leafCapacity: leafCapacity)
  }

  /// Gives records and leaves back.
  func destroy() {
    spurline_unmap(records, recordCapacity * 8)
    spurline_unmap(leaves, Self.leafBytes(leafCapacity, isWide))
  }

  /// A gather of 16-bit leaves reads two bytes more than the last one has.
  private static func leafBytes(_ capacity: Int, _ isWide: Bool) -> Int {
    capacity * (isWide ? 4 : 2) + 64
  }

  private static func map(_ bytes: Int) -> UnsafeMutableRawPointer {
    guard let memory = spurline_map(bytes) else { fatalError("out of memory") }
    return memory
  }

  var memoryInBytes: Int { recordCapacity * 8 + Self.leafBytes(leafCapacity, isWide) }

  // MARK: - Reading

  /// Where the leaf of a record's slot stands. Only the last five bits of `slot` count.
  @inlinable @inline(__always)
  func leafPlace(_ record: Int, _ slot: UInt32) -> Int {
    let bits = records[record].load(ordering: .acquiring)
    let ends = UInt32(truncatingIfNeeded: bits) &>> slot
    let ones =
      countsInHardware
      ? spurline_popcount(ends) : UInt32(truncatingIfNeeded: ends.nonzeroBitCount)
    return Int(truncatingIfNeeded: UInt32(truncatingIfNeeded: bits &>> 32) &+ ones)
  }

  /// A leaf in its 32-bit form.
  @inlinable @inline(__always)
  func leaf(_ place: Int) -> UInt32 {
    isWide ? wideLeaf(place) : narrowLeaf(place)
  }

  @inlinable @inline(__always)
  func wideLeaf(_ place: Int) -> UInt32 {
    leaves.assumingMemoryBound(to: Atomic<UInt32>.self)[place].load(ordering: .acquiring)
  }

  @inlinable @inline(__always)
  func narrowLeaf(_ place: Int) -> UInt32 {
    let leaf = leaves.assumingMemoryBound(to: Atomic<Int16>.self)[place].load(ordering: .acquiring)
    // Extended by the sign, flag and "no route" come out as in a wide leaf, and an id with 16 ones above it.
    return UInt32(bitPattern: Int32(leaf))
  }

  /// The number of a spill, of a leaf with the flag.
  @inlinable
  func spillID(_ leaf: UInt32) -> Int { Int(leaf & (isWide ? 0x7fff_ffff : 0x7fff)) }

  /// The first record of a spill.
  @inlinable
  static func spillRecord(_ id: Int) -> Int { topCount &+ id &* 8 }

  /// The answer for an address; `UInt32.max` where no route but the default one holds it.
  @inlinable @inline(__always)
  public func answer(of key: UInt32) -> UInt32 {
    answer(leaf(leafPlace(Int(truncatingIfNeeded: key &>> 13), key &>> 8)), of: key)
  }

  /// What a leaf leads to: itself, but for spills.
  @inlinable @inline(__always)
  func answer(_ leaf: UInt32, of key: UInt32) -> UInt32 {
    Self.isSpill(leaf) ? spilled(leaf, key) : leaf
  }

  @inlinable
  func spilled(_ leaf: UInt32, _ key: UInt32) -> UInt32 {
    self.leaf(leafPlace(Self.spillRecord(spillID(leaf)) &+ Int(key &>> 5 & 7), key))
  }

  @inlinable @inline(__always)
  static func isSpill(_ leaf: UInt32) -> Bool { Int32(bitPattern: leaf) < -1 }
}
