import Synchronization

/// The writer's side of an `IPv4View`: what is in use, and what waits for its readers.
///
/// Fields are not checked for exclusive access: one thread at a time is in here, and a check would cost more
/// than what it guards.
public final class IPv4Compiled: CompiledRoutes {
  public typealias Key = UInt32
  public typealias View = IPv4View

  /// Of a view's memory.
  enum Piece {
    case leaves(start: Int, count: Int)
    case spill(Int)
  }

  /// A leaf for all records of one value.
  struct SharedLeaf {
    var place: Int
    var records: Int
  }

  /// Values of a table that is not wide.
  static let narrowLimit: UInt32 = 1 << 15
  /// Spills of a table that is not wide: the last number would read as "no route".
  static let narrowSpillLimit = 0x7fff

  @exclusivity(unchecked) var views: ViewSuccession<IPv4View, Piece>
  @exclusivity(unchecked) var runs: RunAllocator
  @exclusivity(unchecked) var sharedLeaves: [UInt32: SharedLeaf] = [:]
  /// Spills below this number were handed out; those of `freeSpills` again are not in use.
  @exclusivity(unchecked) var spillCount = 0
  @exclusivity(unchecked) var freeSpills: [Int] = []
  /// The 32 answers of the record in hand, those of a spill's record, and the runs of either.
  let slots: UnsafeMutablePointer<UInt32>
  let spillSlots: UnsafeMutablePointer<UInt32>
  let fresh: UnsafeMutablePointer<UInt32>

  public init(domain: ReadDomain) {
    let view = IPv4View(spills: 64, leaves: 1 << 14, isWide: false, unrouted: .max)
    views = ViewSuccession(view, domain)
    runs = RunAllocator(capacity: view.leafCapacity)
    slots = .allocate(capacity: 96)
    slots.initialize(repeating: 0, count: 96)
    spillSlots = slots + 32
    fresh = slots + 64
    startLeaves()
  }

  deinit { slots.deallocate() }

  public var published: ViewPointer<IPv4View> { views.published }

  var view: UnsafeMutablePointer<IPv4View> { views.current }

  public var largestValue: UInt32 {
    view.pointee.isWide ? IPv4View.spillFlag - 1 : Self.narrowLimit - 1
  }

  public var memory: CompiledMemory {
    CompiledMemory(
      readSide: view.pointee.memoryInBytes, bookkeeping: runs.memoryInBytes,
      placesInUse: runs.inUse, retired: views.retiredCount)
  }

  // MARK: - Memory

  /// The leaf at 0, which says "no route" to every zeroed record. It is never given up.
  func startLeaves() {
    let place = runs.allocate(1)
    precondition(place == 0)
    store(.max, at: 0)
    sharedLeaves = [.max: SharedLeaf(place: 0, records: 1)]
  }

  /// Another view of the same content with more room. Readers of the old one keep the old answers until their
  /// vector ends.
  func grow(spills: Int, leaves: Int) {
    let old = view.pointee
    let new = IPv4View(
      spills: spills, leaves: leaves, isWide: old.isWide, unrouted: old.unrouted)
    UnsafeMutableRawPointer(new.records).copyMemory(
      from: old.records, byteCount: old.recordCapacity * 8)
    new.leaves.copyMemory(
      from: old.leaves, byteCount: old.leafCapacity * (old.isWide ? 4 : 2))
    runs.grow(toCapacity: new.leafCapacity)
    views.replace(by: new)
  }

  var spillCapacity: Int { (view.pointee.recordCapacity - IPv4View.topCount) / 8 }

  func allocateLeaves(_ count: Int) -> Int {
    if let place = runs.allocate(count) { return place }
    collect(force: true)
    if let place = runs.allocate(count) { return place }
    let leaves = view.pointee.leafCapacity
    // By a quarter, in whole pages: a table that has grown is at most that much larger than it must be.
    grow(spills: spillCapacity, leaves: (leaves + leaves / 4 + 63) / 64 * 64)
    guard let place = runs.allocate(count) else { fatalError("no room in a table that has grown") }
    return place
  }

  /// - Returns: nil where a narrow table has no number left: it must become wide.
  func allocateSpill() -> Int? {
    if freeSpills.isEmpty, spillCount == spillCapacity { collect(force: true) }
    if let id = freeSpills.popLast() { return id }
    if !view.pointee.isWide, spillCount == Self.narrowSpillLimit { return nil }
    if spillCount == spillCapacity {
      grow(spills: spillCount * 2, leaves: view.pointee.leafCapacity)
    }
    spillCount += 1
    return spillCount - 1
  }

  /// Takes back what no reader sees any more.
  public func collect(force: Bool) {
    for piece in views.collect(force: force) {
      switch piece {
      case .leaves(let start, let count): runs.free(start, count)
      case .spill(let id):
        for record in 0..<8 {
          let place = IPv4View.spillRecord(id) + record
          release(view.pointee.records[place].load(ordering: .relaxed))
          view.pointee.records[place].store(0, ordering: .relaxed)
        }
        freeSpills.append(id)
      }
    }
  }

  // MARK: - Leaves

  /// Of a leaf in its 32-bit form, in the table's own.
  func store(_ leaf: UInt32, at place: Int) {
    if view.pointee.isWide {
      view.pointee.leaves.assumingMemoryBound(to: Atomic<UInt32>.self)[place].store(
        leaf, ordering: .releasing)
    } else {
      // A value, or a flag in bit 31 that bit 15 stands for.
      let narrow = UInt16(truncatingIfNeeded: leaf | leaf >> 16 & 0x8000)
      view.pointee.leaves.assumingMemoryBound(to: Atomic<UInt16>.self)[place].store(
        narrow, ordering: .releasing)
    }
  }

  /// A leaf with a spill's number in 31 bits, whatever the table's form.
  func load(_ place: Int) -> UInt32 {
    let leaf = view.pointee.leaf(place)
    return IPv4View.isSpill(leaf) ? IPv4View.spillFlag | UInt32(view.pointee.spillID(leaf)) : leaf
  }

  /// The leaf that all records of a value share, with one record more.
  func share(_ value: UInt32) -> Int {
    if let shared = sharedLeaves[value] {
      sharedLeaves[value]!.records += 1
      return shared.place
    }
    let place = allocateLeaves(1)
    store(value, at: place)
    sharedLeaves[value] = SharedLeaf(place: place, records: 1)
    return place
  }

  /// One record less has the value. The last one's leaf waits, even where the record was seen by nobody: another
  /// record may have turned away from it only just now.
  func unshare(_ value: UInt32) {
    guard var shared = sharedLeaves[value] else { return }
    shared.records -= 1
    if shared.records > 0 || value == .max {
      sharedLeaves[value] = shared
    } else {
      sharedLeaves[value] = nil
      views.retire(.leaves(start: shared.place, count: 1))
    }
  }

  /// Of a spill that no reader sees any more.
  private func release(_ record: UInt64) {
    let bitmap = UInt32(truncatingIfNeeded: record)
    let place = Int(record >> 32)
    if bitmap == 0 {
      unshare(load(place))
    } else {
      runs.free(place, bitmap.nonzeroBitCount + 1)
    }
  }
}
