import Synchronization

/// The writer's side of an `IPv6View`: what is in use, and what waits for its readers.
///
/// Fields are not checked for exclusive access: one thread at a time is in here, and a check would cost more
/// than what it guards.
public final class IPv6Compiled: CompiledRoutes {
  public typealias Key = UInt128
  public typealias View = IPv6View

  enum Item {
    /// A block or a directory alone.
    case run(start: Int, count: Int)
    /// What a word leads on to, as far as it goes.
    case tree(UInt32)
    case view(UnsafeMutablePointer<IPv6View>)
    /// A view whose words live on in the next.
    case header(UnsafeMutablePointer<IPv6View>)
  }

  /// A part of a chunk's range with one answer.
  struct Interval {
    /// First chunk.
    var start: UInt32
    var word: UInt32
  }

  public let published: ViewPointer<IPv6View>
  @exclusivity(unchecked) var view: UnsafeMutablePointer<IPv6View>
  @exclusivity(unchecked) var runs: RunAllocator
  @exclusivity(unchecked) var retired: Retired<Item>
  /// What a change has taken out, until the word that led to it is replaced.
  @exclusivity(unchecked) var dropped: [Item] = []
  /// Set while `view` is not what readers see, and nothing in it has to wait for them.
  @exclusivity(unchecked) var isBuilding = false
  /// Intervals of the chunk in hand and of those above it: a region for each of the eight.
  let scratch: UnsafeMutablePointer<Interval>
  /// For each chunk 2 times 32 answers: of its first and of its second octet.
  let slots: UnsafeMutablePointer<UInt32>

  static let chunkCount = 8

  public init(domain: ReadDomain) {
    let view = Self.makeView(places: 1 << 12, unrouted: .max)
    self.view = view
    published = ViewPointer(view)
    runs = RunAllocator(capacity: view.pointee.placeCapacity)
    retired = Retired(domain)
    // Memory that is not touched is not there.
    scratch = .allocate(capacity: Self.chunkCount << 16)
    slots = .allocate(capacity: Self.chunkCount * 64)
    slots.initialize(repeating: 0, count: Self.chunkCount * 64)
  }

  deinit {
    // Readers keep the table alive, so that none is left.
    retired.removeAll {
      switch $0 {
      case .view(let old): Self.destroy(old)
      case .header(let old): old.deallocate()
      case .run, .tree: break
      }
      return true
    }
    Self.destroy(view)
    published.deallocate()
    scratch.deallocate()
    slots.deallocate()
  }

  public var largestValue: UInt32 { 1 << 31 - 1 }

  public var memory: CompiledMemory {
    CompiledMemory(
      readSide: view.pointee.memoryInBytes, bookkeeping: runs.memoryInBytes,
      placesInUse: runs.inUse, retired: retired.count)
  }

  // MARK: - Memory

  static func makeView(places: Int, unrouted: UInt32) -> UnsafeMutablePointer<IPv6View> {
    let view = UnsafeMutablePointer<IPv6View>.allocate(capacity: 1)
    view.initialize(to: IPv6View(placeCapacity: places, unrouted: unrouted))
    return view
  }

  static func destroy(_ view: UnsafeMutablePointer<IPv6View>) {
    view.pointee.destroy()
    view.deallocate()
  }

  /// Answers "no route" otherwise.
  func setUnrouted(_ value: UInt32) {
    let new = UnsafeMutablePointer<IPv6View>.allocate(capacity: 1)
    new.initialize(to: view.pointee.with(unrouted: value))
    retired.add(.header(view))
    view = new
    published.store(new)
  }

  /// Another view of the same content with more room. Readers of the old one keep the old answers until their
  /// vector ends.
  private func grow(atLeast count: Int) {
    let old = view
    // By an eighth, in whole pages: a table that has grown is at most that much larger than it must be.
    let places = old.pointee.placeCapacity
    let new = Self.makeView(
      places: (places + max(places / 8, count) + 63) / 64 * 64, unrouted: old.pointee.unrouted)
    UnsafeMutableRawPointer(new.pointee.words).copyMemory(
      from: old.pointee.words, byteCount: old.pointee.memoryInBytes)
    runs.grow(toCapacity: new.pointee.placeCapacity)
    view = new
    if isBuilding {
      Self.destroy(old)
    } else {
      retired.add(.view(old))
      published.store(new)
    }
  }

  /// - Returns: the index of the first of so many words.
  func allocateWords(_ bytes: Int) -> Int {
    let count = (bytes + 7) / 8
    var place = runs.allocate(count)
    if place == nil {
      collect(force: true)
      place = runs.allocate(count)
    }
    if place == nil {
      grow(atLeast: count)
      place = runs.allocate(count)
    }
    guard let place else { fatalError("no room in a table that has grown") }
    return IPv6View.topCount + place * 2
  }

  /// Takes back what no reader sees any more.
  public func collect(force: Bool) {
    guard force || retired.isDue else { return }
    retired.collect { item in
      switch item {
      case .run(let start, let count): runs.free(start, count)
      case .tree(let word): free(word)
      case .view(let old): Self.destroy(old)
      case .header(let old): old.deallocate()
      }
    }
  }

  private func free(_ word: UInt32) {
    guard IPv6View.leadsOn(word) else { return }
    let first = IPv6View.first(word)
    for index in first..<first + Self.wordCount(word) { free(view.pointee.load(index)) }
    let run = Self.run(word)
    runs.free(run.start, run.count)
  }

  /// Words of a block or a directory.
  static func wordCount(_ word: UInt32) -> Int {
    let count = IPv6View.count(word)
    return IPv6View.isDirectory(word) ? 1 << count : count + 1
  }

  static func byteCount(intervals: Int) -> Int { intervals * 4 + (intervals - 1) * 2 }

  /// The places of a block or a directory.
  static func run(_ word: UInt32) -> (start: Int, count: Int) {
    let words = wordCount(word)
    let bytes = IPv6View.isDirectory(word) ? words * 4 : byteCount(intervals: words)
    return ((IPv6View.first(word) - IPv6View.topCount) / 2, (bytes + 7) / 8)
  }

  func store(_ word: UInt32, at index: Int) {
    view.pointee.words[index].store(word, ordering: .releasing)
  }

  /// Hands what a change took out to the readers' time, after the change is published.
  func retireDropped() {
    for item in dropped { retired.add(item) }
    dropped.removeAll(keepingCapacity: true)
  }
}
