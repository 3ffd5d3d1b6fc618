import CKernels
import Wire

/// The flows of one worker: found by exact match on the key of either direction, bounded in number, and
/// ordered by age within each state.
///
/// Two pieces of memory, in huge pages where there are any: the flows, in slots that never move, and an
/// open-addressing table of 8-byte entries {hash, slot and direction}, at most half full, probed linearly.
/// Removal shifts entries back, so that there are no tombstones to clean up.
struct FlowTable: ~Copyable {
  static let none = UInt32.max

  /// A direction of a flow, as the table finds it.
  struct Match {
    var slot: UInt32
    var isReverse: Bool
  }

  private struct Entry {
    var hash: UInt32
    /// Slot times two, plus one for the reverse direction; `none` for an empty entry.
    var reference: UInt32
  }

  private struct List {
    var oldest = FlowTable.none
    var newest = FlowTable.none
    var count = 0
  }

  let capacity: Int
  private(set) var count = 0
  let seed: UInt64
  private let entries: UnsafeMutablePointer<Entry>
  private let mask: Int
  private let flows: UnsafeMutableRawPointer
  private let occupied: UnsafeMutablePointer<Bool>
  private let free: UnsafeMutablePointer<UInt32>
  private let lists: UnsafeMutablePointer<List>

  /// Bytes from slot to slot: each half of a flow begins on a line of the cache.
  private static let stride = (MemoryLayout<Flow>.size + 63) & ~63

  init(capacity: Int, seed: UInt64) {
    precondition(capacity > 0 && capacity < 1 << 30)
    // What `half` counts on.
    precondition(
      MemoryLayout<FlowHalf>.stride == FlowHalf.size
        && MemoryLayout<Flow>.offset(of: \.forward) == 0
        && MemoryLayout<Flow>.offset(of: \.reverse) == FlowHalf.size)
    self.capacity = capacity
    self.seed = seed
    var size = 16
    while size < capacity * 4 { size *= 2 }
    mask = size - 1
    entries = Self.map(size * MemoryLayout<Entry>.stride).bindMemory(to: Entry.self, capacity: size)
    entries.initialize(repeating: Entry(hash: 0, reference: Self.none), count: size)
    flows = Self.map(capacity * Self.stride)
    occupied = .allocate(capacity: capacity)
    occupied.initialize(repeating: false, count: capacity)
    free = .allocate(capacity: capacity)
    // The lowest slots are used first.
    for index in 0..<capacity { free[index] = UInt32(capacity - 1 - index) }
    lists = .allocate(capacity: FlowState.allCases.count)
    lists.initialize(repeating: List(), count: FlowState.allCases.count)
  }

  deinit {
    spurline_unmap(entries, (mask + 1) * MemoryLayout<Entry>.stride)
    spurline_unmap(flows, capacity * Self.stride)
    occupied.deallocate()
    free.deallocate()
    lists.deallocate()
  }

  private static func map(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard let memory = spurline_map(byteCount) else { fatalError("out of memory") }
    return memory
  }

  private func flow(_ slot: UInt32) -> UnsafeMutablePointer<Flow> {
    (flows + Int(slot) * Self.stride).assumingMemoryBound(to: Flow.self)
  }

  /// - Precondition: the slot holds a flow.
  subscript(slot: UInt32) -> Flow {
    _read { yield flow(slot).pointee }
    nonmutating _modify { yield &flow(slot).pointee }
  }

  @inline(__always)
  func hash(of key: FlowKey) -> UInt32 { key.hash(seed: seed) }

  func find(_ key: FlowKey) -> Match? { find(key, hash: hash(of: key)) }

  func find(_ key: FlowKey, hash: UInt32) -> Match? {
    var index = Int(hash) & mask
    while entries[index].reference != Self.none {
      if entries[index].hash == hash {
        let match = Self.match(entries[index].reference)
        if half(match).pointee.has(key) { return match }
      }
      index = (index + 1) & mask
    }
    return nil
  }

  /// Has the processor load the place where an entry with this hash begins to be looked for.
  @inline(__always)
  func prefetchEntry(_ hash: UInt32) { spurline_prefetch(entries + Int(hash) & mask) }

  /// The first half with this hash, its key not yet compared; it is being loaded. Nil where there is none.
  /// - Parameter rest: of the packet's key: says how much of the half will be needed.
  @inline(__always)
  func candidate(_ hash: UInt32, rest: UInt64) -> UnsafeMutablePointer<FlowHalf>? {
    var index = Int(hash) & mask
    while entries[index].reference != Self.none {
      if entries[index].hash == hash {
        let half = half(Self.match(entries[index].reference))
        spurline_prefetch(half)
        if FlowKey.transport(ofRest: rest) == 6 || FlowKey.isIPv6(rest: rest) {
          spurline_prefetch(UnsafeRawPointer(half) + FlowHalf.secondLine)
        }
        return half
      }
      index = (index &+ 1) & mask
    }
    return nil
  }

  func half(_ match: Match) -> UnsafeMutablePointer<FlowHalf> {
    let flow = flows + Int(match.slot) * Self.stride
    return (match.isReverse ? flow + FlowHalf.size : flow).assumingMemoryBound(to: FlowHalf.self)
  }

  /// The flow that a half is part of, and which half it is.
  func match(_ half: UnsafeMutablePointer<FlowHalf>) -> Match {
    let offset = UnsafeMutableRawPointer(half) - flows
    return Match(slot: UInt32(offset / Self.stride), isReverse: offset % Self.stride != 0)
  }

  var isFull: Bool { count == capacity }

  /// Puts a flow in. Nil where the table is full; the caller may evict one and try again.
  /// - Precondition: neither of its keys is in the table.
  mutating func insert(_ flow: Flow) -> UInt32? {
    isFull ? nil : insert(flow) { _ in }
  }

  /// Puts a flow in where it is made: it is too large to be handed around.
  /// - Parameter finish: what remains to be said of it before it is entered.
  /// - Precondition: the table is not full, and neither of the flow's keys is in it.
  @inline(__always)
  mutating func insert(_ flow: @autoclosure () -> Flow, finish: (inout Flow) -> Void) -> UInt32 {
    precondition(!isFull)
    let slot = free[capacity - 1 - count]
    count += 1
    if count < capacity { prefetchFlow(free[capacity - 1 - count]) }
    let place = self.flow(slot)
    place.initialize(to: flow())
    finish(&place.pointee)
    occupied[Int(slot)] = true
    noteSteadiness(slot)
    enter(hash(of: place.pointee.forward.key), reference: slot * 2)
    if place.pointee.hasReverse {
      enter(hash(of: place.pointee.reverse.key), reference: slot * 2 + 1)
    }
    append(slot, to: place.pointee.state)
    return slot
  }

  /// The next flow's slot, which is seldom in a cache: it is there when that flow comes.
  private func prefetchFlow(_ slot: UInt32) {
    let flow = UnsafeRawPointer(flow(slot))
    var line = 0
    while line < Self.stride {
      spurline_prefetch(flow + line)
      line += 64
    }
  }

  mutating func remove(_ slot: UInt32) {
    let flow = flow(slot)
    erase(flow.pointee.forward.key, reference: slot * 2)
    if flow.pointee.hasReverse { erase(flow.pointee.reverse.key, reference: slot * 2 + 1) }
    unlink(slot)
    // A vector that is under way may know the slot.
    flow.pointee.forward.isSteady = false
    flow.pointee.reverse.isSteady = false
    occupied[Int(slot)] = false
    count -= 1
    free[capacity - 1 - count] = slot
  }

  /// Moves a flow to another state, as the newest of it.
  mutating func setState(_ state: FlowState, of slot: UInt32) {
    unlink(slot)
    flow(slot).pointee.state = state
    noteSteadiness(slot)
    append(slot, to: state)
  }

  private func noteSteadiness(_ slot: UInt32) {
    let flow = flow(slot)
    let state = flow.pointee.state
    let isInspected = flow.pointee.isInspected
    flow.pointee.forward.isSteady = !isInspected && state.isSteady(isReverse: false)
    flow.pointee.reverse.isSteady =
      !isInspected && flow.pointee.hasReverse && state.isSteady(isReverse: true)
  }

  /// Its beginning has been read, and has arrived: plain packets are plain from now on.
  mutating func endInspection(_ slot: UInt32) {
    flow(slot).pointee.isInspected = false
    noteSteadiness(slot)
  }

  /// Whether a flow is there.
  func holds(_ slot: UInt32) -> Bool { occupied[Int(slot)] }

  /// Frees flows of one state that have not been seen since `deadline`.
  ///
  /// A packet only notes its time in the flow; lists are put in order here, where a flow that turns out to
  /// be younger goes to the end. One call looks at an eighth of the list, so that a million live flows
  /// cost a bounded time, and every flow is looked at within eight calls.
  mutating func expire(_ state: FlowState, unseenSince deadline: UInt64) -> Int {
    let present = lists[Int(state.rawValue)].count
    var freed = 0
    for _ in 0..<min(present, 64 + present / 8) {
      let slot = lists[Int(state.rawValue)].oldest
      if flow(slot).pointee.lastSeen < deadline {
        remove(slot)
        freed += 1
      } else {
        unlink(slot)
        append(slot, to: state)
      }
    }
    return freed
  }

  /// Frees the oldest flow of the first state that has one, in `FlowState.evictionOrder`.
  mutating func evict() -> Bool {
    for state in FlowState.evictionOrder where lists[Int(state.rawValue)].oldest != Self.none {
      remove(lists[Int(state.rawValue)].oldest)
      return true
    }
    return false
  }

  /// The slots that hold a flow.
  func forEachSlot(_ body: (UInt32) -> Void) {
    for slot in 0..<capacity where occupied[slot] { body(UInt32(slot)) }
  }

  func count(of state: FlowState) -> Int { lists[Int(state.rawValue)].count }

  private static func match(_ reference: UInt32) -> Match {
    Match(slot: reference >> 1, isReverse: reference & 1 == 1)
  }

  private func enter(_ hash: UInt32, reference: UInt32) {
    var index = Int(hash) & mask
    while entries[index].reference != Self.none { index = (index + 1) & mask }
    entries[index] = Entry(hash: hash, reference: reference)
  }

  private func erase(_ key: FlowKey, reference: UInt32) {
    var hole = Int(hash(of: key)) & mask
    while entries[hole].reference != reference {
      precondition(entries[hole].reference != Self.none)
      hole = (hole + 1) & mask
    }
    // Whatever stands behind the hole and would be found only across it moves into it.
    var index = (hole + 1) & mask
    while entries[index].reference != Self.none {
      let home = Int(entries[index].hash) & mask
      if (index - home) & mask >= (index - hole) & mask {
        entries[hole] = entries[index]
        hole = index
      }
      index = (index + 1) & mask
    }
    entries[hole].reference = Self.none
  }

  private func append(_ slot: UInt32, to state: FlowState) {
    let list = lists + Int(state.rawValue)
    flow(slot).pointee.previous = list.pointee.newest
    flow(slot).pointee.next = Self.none
    if list.pointee.newest == Self.none {
      list.pointee.oldest = slot
    } else {
      flow(list.pointee.newest).pointee.next = slot
    }
    list.pointee.newest = slot
    list.pointee.count += 1
  }

  private func unlink(_ slot: UInt32) {
    let list = lists + Int(flow(slot).pointee.state.rawValue)
    let (previous, next) = (flow(slot).pointee.previous, flow(slot).pointee.next)
    if previous == Self.none {
      list.pointee.oldest = next
    } else {
      flow(previous).pointee.next = next
    }
    if next == Self.none {
      list.pointee.newest = previous
    } else {
      flow(next).pointee.previous = previous
    }
    list.pointee.count -= 1
  }
}
