import Synchronization

/// The writer's side of an `IPv6View`: what is in use, and what waits for its readers.
///
/// Fields are not checked for exclusive access: one thread at a time is in here, and a check would cost more
/// than what it guards.
public final class IPv6Compiled: CompiledRoutes {
  public typealias Key = UInt128
  public typealias View = IPv6View

  /// Of a view's memory.
  enum Piece {
    /// A block or a directory alone.
    case run(start: Int, count: Int)
    /// What a word leads on to, as far as it goes.
    case tree(UInt32)
  }

  /// A part of a chunk's range with one answer.
  struct Interval {
    /// First chunk.
    var start: UInt32
    var word: UInt32
  }

  @exclusivity(unchecked) var views: ViewSuccession<IPv6View, Piece>
  @exclusivity(unchecked) var runs: RunAllocator
  /// What a change has taken out, until the word that led to it is replaced.
  @exclusivity(unchecked) var dropped: [Piece] = []
  /// Intervals of the chunk in hand and of those above it: a region for each of the eight.
  let scratch: UnsafeMutablePointer<Interval>
  /// For each chunk 2 times 32 answers: of its first and of its second octet.
  let slots: UnsafeMutablePointer<UInt32>

  static let chunkCount = 8

  public init(domain: ReadDomain) {
    let view = IPv6View(placeCapacity: 1 << 12, unrouted: .max)
    views = ViewSuccession(view, domain)
    runs = RunAllocator(capacity: view.placeCapacity)
    // Memory that is not touched is not there.
    scratch = .allocate(capacity: Self.chunkCount << 16)
    slots = .allocate(capacity: Self.chunkCount * 64)
    slots.initialize(repeating: 0, count: Self.chunkCount * 64)
  }

  deinit {
    scratch.deallocate()
    slots.deallocate()
  }

  public var published: ViewPointer<IPv6View> { views.published }

  var view: UnsafeMutablePointer<IPv6View> { views.current }

  public var largestValue: UInt32 { 1 << 31 - 1 }

  public var memory: CompiledMemory {
    CompiledMemory(
      readSide: view.pointee.memoryInBytes, bookkeeping: runs.memoryInBytes,
      placesInUse: runs.inUse, retired: views.retiredCount)
  }

  // MARK: - Memory

  /// Another view of the same content with more room. Readers of the old one keep the old answers until their
  /// vector ends.
  private func grow(atLeast count: Int) {
    let old = view.pointee
    // By an eighth, in whole pages: a table that has grown is at most that much larger than it must be.
    let places = old.placeCapacity
    let new = IPv6View(
      placeCapacity: (places + max(places / 8, count) + 63) / 64 * 64, unrouted: old.unrouted)
    UnsafeMutableRawPointer(new.words).copyMemory(from: old.words, byteCount: old.memoryInBytes)
    runs.grow(toCapacity: new.placeCapacity)
    views.replace(by: new)
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
    for piece in views.collect(force: force) {
      switch piece {
      case .run(let start, let count): runs.free(start, count)
      case .tree(let word): free(word)
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
    for piece in dropped { views.retire(piece) }
    dropped.removeAll(keepingCapacity: true)
  }
}
