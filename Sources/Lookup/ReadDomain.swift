import Synchronization

/// The readers of some forwarding tables, and the time that passes for them.
///
/// A writer replaces a piece of memory by another and must not reuse the old one while a reader may still be
/// looking at it. Time is counted in epochs: the writer begins a new one now and then, and a reader notes,
/// between two vectors, which epoch it has seen (quiescent-state-based reclamation). What was replaced in
/// epoch e is free once every reader has noted a later one. A reader pays one load and one store a vector; it
/// takes no lock and never waits. A reader that stands still costs memory, not correctness.
public final class ReadDomain: @unchecked Sendable {
  typealias Slot = UnsafeMutablePointer<Atomic<UInt64>>

  /// What a reader that looks at nothing has noted.
  static let never = UInt64.max
  /// Bytes between two slots: two cache lines, because processors fetch lines in pairs.
  private static let slotStride = 128

  private let epoch: Slot
  private let slots = Mutex<[UInt]>([])

  public init() { epoch = Self.makeSlot(1) }

  deinit { epoch.deallocate() }

  /// Registers a reader, for one thread at a time.
  public func makeReader() -> Reader {
    let slot = Self.makeSlot(Self.never)
    slots.withLock { $0.append(UInt(bitPattern: slot)) }
    return Reader(domain: self, epoch: epoch, slot: slot)
  }

  fileprivate func remove(_ slot: Slot) {
    slots.withLock { $0.removeAll { $0 == UInt(bitPattern: slot) } }
    slot.deallocate()
  }

  private static func makeSlot(_ value: UInt64) -> Slot {
    let slot = UnsafeMutableRawPointer.allocate(byteCount: slotStride, alignment: slotStride)
      .bindMemory(to: Atomic<UInt64>.self, capacity: 1)
    slot.initialize(to: Atomic(value))
    return slot
  }

  /// Begins a new epoch. Who notes it sees all that the caller has published before.
  /// - Returns: the new one, and one that every reader has noted.
  func advance() -> (new: UInt64, reached: UInt64) {
    let new = epoch.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue
    // With the fence of `resume`: either a reader that wakes is seen here, or it sees what was published.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    let reached = slots.withLock { slots in
      slots.reduce(new) { oldest, bits in
        guard let slot = Slot(bitPattern: bits) else { return oldest }
        return min(oldest, slot.pointee.load(ordering: .acquiring))
      }
    }
    return (new, reached)
  }
}

/// One thread's leave to look tables of a domain up.
///
/// Between two vectors, or whatever the thread's unit of work is, it calls `passBoundary`, and around sleep
/// `pause` and `resume`. What it has read from a table by single lookups is a value and stays good.
public struct Reader: ~Copyable, @unchecked Sendable {
  @usableFromInline let domain: ReadDomain
  private let epoch: ReadDomain.Slot
  private let slot: ReadDomain.Slot

  fileprivate init(domain: ReadDomain, epoch: ReadDomain.Slot, slot: ReadDomain.Slot) {
    self.domain = domain
    self.epoch = epoch
    self.slot = slot
    resume()
  }

  deinit { domain.remove(slot) }

  /// The thread holds nothing of what it has looked at before.
  public func passBoundary() {
    slot.pointee.store(epoch.pointee.load(ordering: .acquiring), ordering: .releasing)
  }

  /// Until `resume`, the thread looks nothing up, and no memory waits for it.
  public func pause() { slot.pointee.store(ReadDomain.never, ordering: .releasing) }

  public func resume() {
    slot.pointee.store(epoch.pointee.load(ordering: .acquiring), ordering: .sequentiallyConsistent)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
  }
}

/// Memory that was replaced and waits until no reader can be looking at it. Of one writer.
struct Retired<Item>: ~Copyable {
  /// Asking the readers costs a cache miss each, so it is done once for so many items.
  private static var batch: Int { 64 }

  private let domain: ReadDomain
  /// Each with the epoch that a reader must have noted; the last ones, from `undated`, have none yet.
  private var items: [(epoch: UInt64, item: Item)] = []
  private var first = 0
  private var undated = 0
  private var askAt = 0

  init(_ domain: ReadDomain) {
    self.domain = domain
    askAt = Self.batch
  }

  var count: Int { items.count - first }

  /// - Precondition: a reader that comes now cannot reach the item.
  mutating func add(_ item: Item) { items.append((0, item)) }

  /// True when enough items have come together to ask the readers.
  var isDue: Bool { count >= askAt }

  /// Begins an epoch and hands back the items that nobody sees any more.
  mutating func collect(_ body: (Item) -> Void) {
    guard count > 0 else { return }
    let (new, reached) = domain.advance()
    for index in undated..<items.count { items[index].epoch = new }
    while first < items.count, items[first].epoch <= reached {
      body(items[first].item)
      first += 1
    }
    if first * 2 >= items.count {
      items.removeFirst(first)
      first = 0
    }
    undated = items.count
    askAt = count + Self.batch
  }

  /// Everything that waits.
  var all: [Item] { items[first...].map(\.item) }

  /// Takes out what is free by other means, or not memory of its own any more.
  mutating func removeAll(where isGone: (Item) -> Bool) {
    items.removeFirst(first)
    first = 0
    items.removeAll { isGone($0.item) }
    // Dated anew: later than they were is safe.
    undated = 0
  }
}
