import Synchronization

/// The writer's side of an `IPv4View`: what is in use, and what waits for its readers.
///
/// Fields are not checked for exclusive access: one thread at a time is in here, and a check would cost more
/// than what it guards.
public final class IPv4Compiled: CompiledRoutes {
  public typealias Key = UInt32
  public typealias View = IPv4View

  enum Item {
    case leaves(start: Int, count: Int)
    case spill(Int)
    case view(UnsafeMutablePointer<IPv4View>)
    /// A view whose records and leaves live on in the next.
    case header(UnsafeMutablePointer<IPv4View>)
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

  public let published: ViewPointer<IPv4View>
  @exclusivity(unchecked) var view: UnsafeMutablePointer<IPv4View>
  @exclusivity(unchecked) var runs: RunAllocator
  @exclusivity(unchecked) var sharedLeaves: [UInt32: SharedLeaf] = [:]
  /// Spills below this number were handed out; those of `freeSpills` again are not in use.
  @exclusivity(unchecked) var spillCount = 0
  @exclusivity(unchecked) var freeSpills: [Int] = []
  @exclusivity(unchecked) var retired: Retired<Item>
  /// Set while `view` is not what readers see, and nothing in it has to wait for them.
  @exclusivity(unchecked) var isBuilding = false
  /// The 32 answers of the record in hand, those of a spill's record, and the runs of either.
  let slots: UnsafeMutablePointer<UInt32>
  let spillSlots: UnsafeMutablePointer<UInt32>
  let fresh: UnsafeMutablePointer<UInt32>

  public init(domain: ReadDomain) {
    let view = Self.makeView(spills: 64, leaves: 1 << 14, isWide: false, unrouted: .max)
    self.view = view
    published = ViewPointer(view)
    runs = RunAllocator(capacity: view.pointee.leafCapacity)
    retired = Retired(domain)
    slots = .allocate(capacity: 96)
    slots.initialize(repeating: 0, count: 96)
    spillSlots = slots + 32
    fresh = slots + 64
    startLeaves()
  }

  deinit {
    // Readers keep the table alive, so that none is left.
    retired.removeAll {
      switch $0 {
      case .view(let old): Self.destroy(old)
      case .header(let old): old.deallocate()
      case .leaves, .spill: break
      }
      return true
    }
    Self.destroy(view)
    published.deallocate()
    slots.deallocate()
  }

  public var largestValue: UInt32 {
    view.pointee.isWide ? IPv4View.spillFlag - 1 : Self.narrowLimit - 1
  }

  public var memory: CompiledMemory {
    CompiledMemory(
      readSide: view.pointee.memoryInBytes, bookkeeping: runs.memoryInBytes,
      placesInUse: runs.inUse, retired: retired.count)
  }

  // MARK: - Memory

  static func makeView(
    spills: Int, leaves: Int, isWide: Bool, unrouted: UInt32
  ) -> UnsafeMutablePointer<IPv4View> {
    let view = UnsafeMutablePointer<IPv4View>.allocate(capacity: 1)
    view.initialize(
      to: IPv4View(
        recordCapacity: IPv4View.topCount + spills * 8, leafCapacity: leaves, isWide: isWide,
        unrouted: unrouted))
    return view
  }

  static func destroy(_ view: UnsafeMutablePointer<IPv4View>) {
    view.pointee.destroy()
    view.deallocate()
  }

  /// The leaf at 0, which says "no route" to every zeroed record. It is never given up.
  func startLeaves() {
    let place = runs.allocate(1)
    precondition(place == 0)
    store(.max, at: 0)
    sharedLeaves = [.max: SharedLeaf(place: 0, records: 1)]
  }

  /// Has readers turn to a view; the one before goes when they have.
  private func replaceView(by new: UnsafeMutablePointer<IPv4View>) {
    if isBuilding {
      Self.destroy(view)
      view = new
    } else {
      retired.add(.view(view))
      view = new
      published.store(new)
    }
  }

  /// Answers "no route" otherwise.
  func setUnrouted(_ value: UInt32) {
    let new = UnsafeMutablePointer<IPv4View>.allocate(capacity: 1)
    new.initialize(to: view.pointee.with(unrouted: value))
    retired.add(.header(view))
    view = new
    published.store(new)
  }

  /// Another view of the same content with more room. Readers of the old one keep the old answers until their
  /// vector ends.
  func grow(spills: Int, leaves: Int) {
    let old = view
    let new = Self.makeView(
      spills: spills, leaves: leaves, isWide: old.pointee.isWide,
      unrouted: old.pointee.unrouted)
    UnsafeMutableRawPointer(new.pointee.records).copyMemory(
      from: old.pointee.records, byteCount: old.pointee.recordCapacity * 8)
    new.pointee.leaves.copyMemory(
      from: old.pointee.leaves,
      byteCount: old.pointee.leafCapacity * (old.pointee.isWide ? 4 : 2))
    runs.grow(toCapacity: new.pointee.leafCapacity)
    replaceView(by: new)
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
    guard force || retired.isDue else { return }
    var free: [Item] = []
    retired.collect { free.append($0) }
    for item in free {
      switch item {
      case .leaves(let start, let count): runs.free(start, count)
      case .view(let old): Self.destroy(old)
      case .header(let old): old.deallocate()
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
      retired.add(.leaves(start: shared.place, count: 1))
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
