/// Hands out runs of places of an array that grows: 1 to 64 places, or whole pages of 64.
///
/// Places come in pages of 64, each with a bitmap of those in use. Pages are listed by their longest free run,
/// and a run is taken from the page where it fits best; freed runs merge by themselves, so that a table that
/// is withdrawn and announced again and again needs no more room than at first. No run crosses a page, and
/// with leaves of two bytes few cross a cache line.
struct RunAllocator: ~Copyable {
  static let pageSize = 64

  private struct Page {
    /// Ones are places in use.
    var used: UInt64
    var longest: Int32
    /// Neighbours in the list of its longest run; -1 at the ends.
    var previous: Int32
    var next: Int32
  }

  private var pages: UnsafeMutablePointer<Page>
  private(set) var pageCount: Int
  /// First page of each list, by longest run; -1 where there is none.
  private let heads: UnsafeMutablePointer<Int32>
  /// A one for each list that is not empty, list n at bit n - 1.
  private var listed: UInt64 = 0
  /// Places handed out.
  private(set) var inUse = 0

  init(capacity: Int) {
    pages = .allocate(capacity: 1)
    pageCount = 0
    heads = .allocate(capacity: Self.pageSize + 1)
    heads.initialize(repeating: -1, count: Self.pageSize + 1)
    grow(toCapacity: capacity)
  }

  deinit {
    pages.deallocate()
    heads.deallocate()
  }

  /// Places in all.
  var capacity: Int { pageCount * Self.pageSize }

  /// What the bookkeeping itself takes.
  var memoryInBytes: Int { pageCount * MemoryLayout<Page>.stride }

  /// Makes room; the capacity is rounded up to whole pages.
  mutating func grow(toCapacity capacity: Int) {
    let count = (capacity + Self.pageSize - 1) / Self.pageSize
    guard count > pageCount else { return }
    let new = UnsafeMutablePointer<Page>.allocate(capacity: count)
    new.moveInitialize(from: pages, count: pageCount)
    pages.deallocate()
    pages = new
    // From behind, so that the lowest page stands first in its list.
    for page in (pageCount..<count).reversed() {
      (pages + page).initialize(to: Page(used: 0, longest: 64, previous: -1, next: -1))
      link(page)
    }
    pageCount = count
  }

  /// The first of `count` places in a row, or nil where no page has them.
  /// - Precondition: `count` is 1 to 64, or a multiple of 64.
  mutating func allocate(_ count: Int) -> Int? {
    if count > Self.pageSize { return allocatePages(count / Self.pageSize) }
    let fitting = listed >> UInt64(count - 1)
    guard fitting != 0 else { return nil }
    let page = Int(heads[count + fitting.trailingZeroBitCount])
    let start = Self.firstRun(of: count, in: ~pages[page].used)
    unlink(page)
    pages[page].used |= Self.mask(start, count)
    link(page)
    inUse += count
    return page * Self.pageSize + start
  }

  /// - Precondition: these places were handed out as one run.
  mutating func free(_ start: Int, _ count: Int) {
    if count > Self.pageSize {
      for page in 0..<count / Self.pageSize {
        free(start + page * Self.pageSize, Self.pageSize)
      }
      return
    }
    let page = start / Self.pageSize
    unlink(page)
    pages[page].used &= ~Self.mask(start % Self.pageSize, count)
    link(page)
    inUse -= count
  }

  /// Pages in a row are rare and are searched for one by one.
  private mutating func allocatePages(_ count: Int) -> Int? {
    var free = 0
    for page in 0..<pageCount {
      free = pages[page].used == 0 ? free + 1 : 0
      guard free == count else { continue }
      let first = page - count + 1
      for page in first...page {
        unlink(page)
        pages[page].used = .max
        link(page)
      }
      inUse += count * Self.pageSize
      return first * Self.pageSize
    }
    return nil
  }

  private mutating func link(_ page: Int) {
    let longest = Self.longestRun(in: ~pages[page].used)
    pages[page].longest = Int32(longest)
    guard longest > 0 else { return }
    let head = heads[longest]
    pages[page].previous = -1
    pages[page].next = head
    if head >= 0 { pages[Int(head)].previous = Int32(page) }
    heads[longest] = Int32(page)
    listed |= 1 << UInt64(longest - 1)
  }

  private mutating func unlink(_ page: Int) {
    let longest = Int(pages[page].longest)
    guard longest > 0 else { return }
    let (previous, next) = (pages[page].previous, pages[page].next)
    if previous >= 0 { pages[Int(previous)].next = next } else { heads[longest] = next }
    if next >= 0 { pages[Int(next)].previous = previous }
    if heads[longest] < 0 { listed &= ~(1 << UInt64(longest - 1)) }
  }

  private static func mask(_ start: Int, _ count: Int) -> UInt64 {
    (count == 64 ? UInt64.max : 1 << UInt64(count) - 1) << UInt64(start)
  }

  /// The length of the longest run of ones.
  static func longestRun(in bits: UInt64) -> Int {
    var (rest, length) = (bits, 0)
    while rest != 0 {
      rest &= rest << 1
      length += 1
    }
    return length
  }

  /// Where the first run of so many ones begins.
  /// - Precondition: there is one.
  static func firstRun(of count: Int, in bits: UInt64) -> Int {
    // After each step a one stands where a run of `have` ones begins.
    var (starts, have) = (bits, 1)
    while have < count {
      let step = min(have, count - have)
      starts &= starts >> UInt64(step)
      have += step
    }
    return starts.trailingZeroBitCount
  }
}
