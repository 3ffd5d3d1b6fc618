/// From routes to intervals.
extension IPv6Compiled {
  /// Words of a first directory for each of its intervals, at most.
  private static let affordableWords = 3

  /// Where a chunk of some addresses stands: the chunks before it are the same for all of them.
  struct Place {
    /// 1 to 7: what the table of the first chunk leads on to is about chunk 1.
    var chunk: Int
    /// The routes behind those chunks: the node of the chunk's first octet.
    var node: TrieNode
    /// The longest prefix that ends before the chunk.
    var inherited: UInt32
  }

  /// Lists what a part of a chunk's range comes to, in the chunk's region of `scratch`.
  ///
  /// What follows behind a chunk is made anew inside `changed`, and taken over from `old` outside of it.
  /// - Parameter range: chunks; whole 32s.
  /// - Parameter old: the word that led on to this chunk.
  /// - Returns: how many intervals.
  func listIntervals(
    of place: Place, in range: Range<Int>, changed: Range<Int>, old: UInt32
  ) -> Int {
    let list = scratch + place.chunk << 16
    let octets = slots + place.chunk * 64
    let seconds = octets + 32
    var count = 0
    func add(_ start: Int, _ word: UInt32) {
      if count > 0, list[count &- 1].word == word { return }
      list[count] = Interval(start: UInt32(start), word: word)
      count &+= 1
    }

    let node = place.node
    for part in range.lowerBound >> 13...(range.upperBound - 1) >> 13 {
      if let word = node.onlyAnswer(part: part, inherited: place.inherited) {
        add(max(range.lowerBound, part << 13), word)
        continue
      }
      node.expand(part: part, inherited: place.inherited, into: octets)
      let first = max(part << 5, range.lowerBound >> 8)
      let last = min(part << 5 | 31, (range.upperBound - 1) >> 8)
      for octet in first...last {
        let inherited = octets[octet & 31]
        guard let child = node.child(octet) else {
          add(max(range.lowerBound, octet << 8), inherited)
          continue
        }
        let from = max(octet << 3, range.lowerBound >> 5)
        let to = min(octet << 3 | 7, (range.upperBound - 1) >> 5)
        for part in from...to {
          if let word = child.onlyAnswer(part: part & 7, inherited: inherited) {
            add(part << 5, word)
            continue
          }
          child.expand(part: part & 7, inherited: inherited, into: seconds)
          var deeper = child.childBits(part: part & 7)
          while deeper != 0 {
            let slot = deeper.trailingZeroBitCount
            deeper &= deeper - 1
            let position = part << 5 | slot
            if !changed.contains(position) {
              seconds[slot] = view.pointee.decide(UInt16(position), from: old)
            } else if let next = child.child(position & 255) {
              seconds[slot] = make(
                Place(chunk: place.chunk + 1, node: next, inherited: seconds[slot]))
            }
          }
          for slot in 0..<32 { add(part << 5 | slot, seconds[slot]) }
        }
      }
    }
    return count
  }

  /// Everything behind a place, made anew.
  /// - Returns: the word that leads on to it, or the one answer.
  func make(_ place: Place) -> UInt32 {
    let all = 0..<1 << 16
    let count = listIntervals(of: place, in: all, changed: all, old: .max)
    let list = scratch + place.chunk << 16
    guard
      let word = pack(UnsafeBufferPointer(start: list, count: count), from: 0, bits: 16, level: 0)
    else { fatalError("a chunk that two directories do not narrow down") }
    return word
  }

  /// Blocks and directories for some intervals.
  /// - Parameter intervals: the first may begin before the range.
  /// - Parameter start: of the range, which has 2^bits chunks.
  /// - Parameter level: directories that led here.
  /// - Returns: nil where a third directory would be needed: the second has to be wider. Nothing was made then.
  func pack(
    _ intervals: UnsafeBufferPointer<Interval>, from start: Int, bits: Int, level: Int
  ) -> UInt32? {
    if intervals.count == 1 { return intervals[0].word }
    if intervals.count <= IPv6View.largestBlock { return makeBlock(intervals) }
    guard level < 2 else { return nil }

    let width = directoryBits(intervals, start, bits: bits, level: level)
    let index = allocateWords(4 << width)
    var from = 0
    for slot in 0..<1 << width {
      let low = start + slot << (bits - width)
      let high = low + 1 << (bits - width)
      while from + 1 < intervals.count, intervals[from + 1].start <= low { from += 1 }
      var to = from + 1
      while to < intervals.count, intervals[to].start < high { to += 1 }
      guard
        let word = pack(
          UnsafeBufferPointer(rebasing: intervals[from..<to]), from: low, bits: bits - width,
          level: level + 1)
      else { fatalError("a directory that was too narrow") }
      store(word, at: index + slot)
    }
    return IPv6View.directory(bits: width, at: index)
  }

  /// About eight intervals a word, for blocks of a cache line or two; more words where that spares a second
  /// directory and does not take much more memory than the intervals themselves.
  private func directoryBits(
    _ intervals: UnsafeBufferPointer<Interval>, _ start: Int, bits: Int, level: Int
  ) -> Int {
    // Parts of 32 chunks, which every block holds, are the smallest.
    let widest = bits - 5
    let usual = min(max(Int.bitWidth - (intervals.count / 8).leadingZeroBitCount, 1), widest)
    // Of two directories the second has to do the rest, whatever it takes.
    let affordable = level == 0 ? intervals.count * Self.affordableWords : .max
    var width = usual
    while mostIntervals(intervals, start, bits: bits, width: width) > IPv6View.largestBlock {
      width += 1
      if width > widest || 1 << width > affordable { return usual }
    }
    return width
  }

  /// Intervals in the fullest part of a range that is cut into 2^width.
  private func mostIntervals(
    _ intervals: UnsafeBufferPointer<Interval>, _ start: Int, bits: Int, width: Int
  ) -> Int {
    var most = 0
    var inPart = 1
    var part = 0
    for interval in intervals.dropFirst() {
      let own = (Int(interval.start) - start) >> (bits - width)
      if own != part {
        most = max(most, inPart)
        part = own
        // One that begins before the part reaches into it, unless this one begins with it.
        inPart = Int(interval.start) - start == own << (bits - width) ? 0 : 1
      }
      inPart += 1
    }
    return max(most, inPart)
  }

  private func makeBlock(_ intervals: UnsafeBufferPointer<Interval>) -> UInt32 {
    let index = allocateWords(Self.byteCount(intervals: intervals.count))
    let word = IPv6View.block(intervals: intervals.count, at: index)
    let starts = view.pointee.starts(word)
    for number in intervals.indices {
      store(intervals[number].word, at: index + number)
      if number > 0 { starts[number - 1] = UInt16(intervals[number].start) }
    }
    return word
  }
}
