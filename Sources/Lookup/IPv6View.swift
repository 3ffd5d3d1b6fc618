public import CKernels
public import Synchronization

/// An IPv6 table as its readers see it: words of 32 bits that lead from one to the next.
///
/// An address is eight chunks of 16 bits. The first one finds its word in a table of 2^16. A word is the answer,
/// or leads on to the next chunk, which up to two *directories* narrow down and a *block* of intervals decides:
///
/// | bit 31 | bit 30 | bits 25-29 | bits 0-24 | what |
/// |---|---|---|---|---|
/// | 0 | | | | the value, in 31 bits |
/// | 1 | 0 | n - 1 | offset | block of n intervals, 2 to 32 |
/// | 1 | 1 | k | offset | directory of 2^k words, k from 1 to 11 |
/// | 1 | 1 | 31 | all ones | no route |
///
/// Offsets count 8 bytes from the first word. A directory is indexed by the next k bits of the chunk. A block of n
/// intervals is n words, then the chunk at which each interval but the first begins (16 bits each, ascending):
/// the word of an address stands at the number of those that are not above its chunk. What a block leads on to
/// is about the next chunk, what a directory leads on to about the same.
///
/// A prefix ends in a block: a /48 is found through two blocks and few directories, and an interval takes six
/// bytes. A change makes new blocks beside the old ones and stores one word; words may change in place, the
/// intervals of a block never.
public struct IPv6View: CompiledView {
  @usableFromInline static var topCount: Int { 1 << 16 }
  /// Intervals of a block at most: as many chunks as one comparison of 64 bytes takes, and one.
  static var largestBlock: Int { 32 }
  /// A comparison of a whole block may read so many bytes behind it.
  private static var slack: Int { 256 }

  @usableFromInline let words: UnsafeMutablePointer<Atomic<UInt32>>
  /// What "no route" is answered with: the value of ::/0 where the table has it.
  public let unrouted: UInt32
  /// Room behind the table of the first chunk, in 8 bytes.
  let placeCapacity: Int

  /// A view without routes; `destroy` ends it.
  init(placeCapacity: Int, unrouted: UInt32) {
    precondition(
      Self.topCount / 2 + placeCapacity <= 1 << 25,
      "an IPv6 table of more than 256 MiB, which the words of its compiled form cannot address")
    guard let memory = spurline_map(Self.bytes(placeCapacity)) else {
      fatalError("out of memory")
    }
    words = memory.bindMemory(
      to: Atomic<UInt32>.self, capacity: Self.topCount + placeCapacity * 2)
    self.placeCapacity = placeCapacity
    self.unrouted = unrouted
    for index in 0..<Self.topCount { words[index].store(.max, ordering: .relaxed) }
  }

  private init(
    words: UnsafeMutablePointer<Atomic<UInt32>>, placeCapacity: Int, unrouted: UInt32
  ) {
    self.words = words
    self.placeCapacity = placeCapacity
    self.unrouted = unrouted
  }

  /// The same words under another default route.
  func with(unrouted: UInt32) -> IPv6View {
    IPv6View(words: words, placeCapacity: placeCapacity, unrouted: unrouted)
  }

  /// Gives the words back.
  func destroy() { spurline_unmap(words, memoryInBytes) }

  private static func bytes(_ placeCapacity: Int) -> Int {
    topCount * 4 + placeCapacity * 8 + slack
  }

  var memoryInBytes: Int { Self.bytes(placeCapacity) }

  // MARK: - Words

  @inlinable @inline(__always)
  static func leadsOn(_ word: UInt32) -> Bool { Int32(bitPattern: word) < -1 }

  @inlinable @inline(__always)
  static func isDirectory(_ word: UInt32) -> Bool { word &>> 30 & 1 == 1 }

  /// Of a block its intervals less one, of a directory its bits.
  @inlinable @inline(__always)
  static func count(_ word: UInt32) -> Int { Int(word &>> 25 & 31) }

  /// Index of the first word that a word leads on to.
  @inlinable @inline(__always)
  static func first(_ word: UInt32) -> Int { Int(word & 0x1ff_ffff) &* 2 }

  static func block(intervals: Int, at index: Int) -> UInt32 {
    1 << 31 | UInt32(intervals - 1) << 25 | UInt32(index / 2)
  }

  static func directory(bits: Int, at index: Int) -> UInt32 {
    3 << 30 | UInt32(bits) << 25 | UInt32(index / 2)
  }

  /// Where each interval but the first of a block begins.
  @inlinable @inline(__always)
  func starts(_ word: UInt32) -> UnsafeMutablePointer<UInt16> {
    starts(first: Self.first(word), count: Self.count(word))
  }

  /// - Parameter first: the block's first word.
  /// - Parameter count: its intervals less one.
  @inlinable @inline(__always)
  func starts(first: Int, count: Int) -> UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(words + (first &+ count &+ 1)).assumingMemoryBound(to: UInt16.self)
  }

  @inlinable @inline(__always)
  func load(_ index: Int) -> UInt32 { words[index].load(ordering: .acquiring) }

  // MARK: - Reading

  /// The answer for an address; `UInt32.max` where no route but the default one holds it.
  @inlinable
  public func answer(of key: UInt128) -> UInt32 {
    var rest = key &<< 16
    var word = load(Int(truncatingIfNeeded: key &>> 112))
    while Self.leadsOn(word) {
      let chunk = UInt16(truncatingIfNeeded: rest &>> 112)
      rest = rest &<< 16
      word = decide(chunk, from: word)
    }
    return word
  }

  /// What a chunk comes to, of the word that leads on to it.
  @inlinable @inline(__always)
  func decide(_ chunk: UInt16, from word: UInt32) -> UInt32 {
    var word = word
    var left = chunk
    while Self.leadsOn(word) {
      if Self.isDirectory(word) {
        let bits = UInt16(truncatingIfNeeded: Self.count(word))
        word = load(Self.first(word) &+ Int(left &>> (16 &- bits)))
        left = left &<< bits
      } else {
        return load(Self.first(word) &+ interval(of: chunk, in: word))
      }
    }
    return word
  }

  /// The number of starts in a block that are not above the chunk. The steps do not depend on what is found, so
  /// that nothing is mispredicted.
  @inlinable @inline(__always)
  func interval(of chunk: UInt16, in word: UInt32) -> Int {
    interval(of: chunk, first: Self.first(word), count: Self.count(word))
  }

  /// - Parameter first: the block's first word.
  /// - Parameter count: its intervals less one, 1 to 31.
  @inlinable @inline(__always)
  func interval(of chunk: UInt16, first: Int, count: Int) -> Int {
    let starts = starts(first: first, count: count)
    var found = 0
    var step = 16
    while step > 0 {
      let next = min(found &+ step, count)
      found = spurline_step(found, next, starts[next &- 1], chunk)
      step &>>= 1
    }
    return found
  }
}
