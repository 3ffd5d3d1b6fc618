/// Keeping the words what the routes say.
extension IPv6Compiled {
  /// Builds everything anew from the routes.
  public func build(from routes: PrefixTable<UInt128>, largest: UInt32) {
    let places = view.pointee.placeCapacity
    views.startBuilding(
      IPv6View(placeCapacity: places, unrouted: routes.value(0, length: 0) ?? .max))
    runs = RunAllocator(capacity: places)
    refreshTop(0..<IPv6View.topCount, routes)
    views.finishBuilding()
  }

  /// Brings the words up to date after a prefix has come, changed or gone.
  public func update(_ key: UInt128, length: Int, from routes: PrefixTable<UInt128>) {
    if length == 0 {
      views.setUnrouted(routes.value(0, length: 0) ?? .max)
      return
    }
    let path = TriePath(bits: key, length: length)
    let last = (length - 1) / 16
    let first = path.chunk(last)
    let changed = first..<first + 1 << (16 * (last + 1) - length)
    guard last > 0 else { return refreshTop(changed, routes) }

    // Down to the chunk that the prefix ends in, as far as there is one.
    var place = Place(chunk: 0, node: routes.owner.top, inherited: .max)
    var root = path.chunk(0)
    var above: [(place: Place, root: Int)] = []
    for chunk in 1...last {
      guard IPv6View.leadsOn(view.pointee.load(root)), let next = place.next(path.chunk(chunk - 1))
      else {
        // It begins or ends with this prefix: the chunk before decides anew about this one.
        refresh(path, at: above, routes)
        return
      }
      above.append((next, root))
      place = next
      if chunk < last { root = index(of: path.chunk(chunk), from: view.pointee.load(root)) }
    }
    refresh(above[last - 1].place, root: above[last - 1].root, changed)
    if !IPv6View.leadsOn(view.pointee.load(root)) {
      above.removeLast()
      refresh(path, at: above, routes)
    }
  }

  /// Decides about the chunk of a path behind the last of these places anew, and about those before it where that
  /// leaves them with one answer.
  private func refresh(
    _ path: TriePath, at above: [(place: Place, root: Int)], _ routes: PrefixTable<UInt128>
  ) {
    for (place, root) in above.reversed() {
      let chunk = path.chunk(place.chunk)
      refresh(place, root: root, chunk..<chunk + 1)
      if IPv6View.leadsOn(view.pointee.load(root)) { return }
    }
    refreshTop(path.chunk(0)..<path.chunk(0) + 1, routes)
  }

  /// The index of the word that decides about a chunk, behind the word that led on to it.
  private func index(of chunk: Int, from word: UInt32) -> Int {
    var word = word
    var left = UInt16(chunk)
    while true {
      let first = IPv6View.first(word)
      let index: Int
      if IPv6View.isDirectory(word) {
        let bits = UInt16(IPv6View.count(word))
        index = first + Int(left >> (16 - bits))
        left <<= bits
      } else {
        return first + view.pointee.interval(of: UInt16(chunk), in: word)
      }
      word = view.pointee.load(index)
      if !IPv6View.leadsOn(word) { return index }
    }
  }

  // MARK: - The first chunk

  private func refreshTop(_ range: Range<Int>, _ routes: PrefixTable<UInt128>) {
    let top = routes.owner.top
    for chunk in range {
      let (word, next) = top.answer(ofPair: chunk, inherited: .max)
      let old = view.pointee.load(chunk)
      let new =
        next.map { make(Place(chunk: 1, node: $0, inherited: word)) } ?? word
      guard new != old else { continue }
      store(new, at: chunk)
      if IPv6View.leadsOn(old) { views.retire(.tree(old)) }
    }
  }

  // MARK: - The others

  /// Brings a part of a chunk up to date.
  /// - Parameter root: the index of the word that leads on to the chunk.
  private func refresh(_ place: Place, root: Int, _ changed: Range<Int>) {
    refresh(place, root, changed, slot: root, from: 0, bits: 16, level: 0)
  }

  /// - Parameter slot: the index of the word for 2^bits chunks from `start`; `root`, or in a directory.
  /// - Returns: false where it could not be packed below this directory, which has to be made anew.
  @discardableResult
  private func refresh(
    _ place: Place, _ root: Int, _ changed: Range<Int>, slot: Int, from start: Int, bits: Int,
    level: Int
  ) -> Bool {
    let old = view.pointee.load(slot)
    if IPv6View.leadsOn(old), IPv6View.isDirectory(old) {
      let width = bits - IPv6View.count(old)
      let first = (max(changed.lowerBound, start) - start) >> width
      let last = (min(changed.upperBound, start + 1 << bits) - 1 - start) >> width
      // All of it: then it is made anew, in the shape that fits best.
      if last - first + 1 < 1 << IPv6View.count(old) {
        let isPacked = (first...last).allSatisfy { part in
          refresh(
            place, root, changed, slot: IPv6View.first(old) + part, from: start + part << width,
            bits: width, level: level + 1)
        }
        if isPacked {
          guard isSparse(old) else { return true }
          // What follows behind its chunks is made already.
          return replace(place, root, 0..<0, slot: slot, from: start, bits: bits, level: level)
        }
      }
    }
    return replace(place, root, changed, slot: slot, from: start, bits: bits, level: level)
  }

  /// Makes what stands behind a slot anew.
  private func replace(
    _ place: Place, _ root: Int, _ changed: Range<Int>, slot: Int, from start: Int, bits: Int,
    level: Int
  ) -> Bool {
    let range = start..<start + 1 << bits
    let count = listIntervals(of: place, in: range, changed: changed, old: view.pointee.load(root))
    let intervals = UnsafeBufferPointer(start: scratch + place.chunk << 16, count: count)
    let old = view.pointee.load(slot)
    drop(old, range, changed)
    if !writeInPlace(intervals, old) {
      guard let new = pack(intervals, from: start, bits: bits, level: level) else {
        // What was made behind the chunk is made again, once the wider directory is.
        dropped.removeAll(keepingCapacity: true)
        for interval in intervals where isChanged(interval, changed) {
          views.retire(.tree(interval.word))
        }
        return false
      }
      store(new, at: slot)
    } else {
      // Its words are other ones, the block is the same.
      dropped.removeAll {
        if case .run(let start, _) = $0 { start == Self.run(old).start } else { false }
      }
    }
    retireDropped()
    return true
  }

  private func isChanged(_ interval: Interval, _ changed: Range<Int>) -> Bool {
    IPv6View.leadsOn(interval.word) && changed.contains(Int(interval.start))
  }

  /// Where a block's intervals stay, only words have to be stored.
  private func writeInPlace(_ intervals: UnsafeBufferPointer<Interval>, _ old: UInt32) -> Bool {
    guard IPv6View.leadsOn(old), !IPv6View.isDirectory(old),
      IPv6View.count(old) == intervals.count - 1
    else { return false }
    let starts = view.pointee.starts(old)
    for number in 1..<intervals.count where starts[number - 1] != intervals[number].start {
      return false
    }
    let first = IPv6View.first(old)
    for number in intervals.indices
    where view.pointee.load(first + number) != intervals[number].word {
      store(intervals[number].word, at: first + number)
    }
    return true
  }

  /// Notes what a slot gives up: its blocks and directories, and what is made anew behind changed chunks.
  private func drop(_ word: UInt32, _ range: Range<Int>, _ changed: Range<Int>) {
    guard IPv6View.leadsOn(word) else { return }
    let run = Self.run(word)
    dropped.append(.run(start: run.start, count: run.count))
    let first = IPv6View.first(word)
    if IPv6View.isDirectory(word) {
      let size = range.count >> IPv6View.count(word)
      for part in 0..<1 << IPv6View.count(word) {
        let start = range.lowerBound + part * size
        drop(view.pointee.load(first + part), start..<start + size, changed)
      }
      return
    }
    let starts = view.pointee.starts(word)
    for number in 0...IPv6View.count(word) {
      let next = view.pointee.load(first + number)
      guard IPv6View.leadsOn(next) else { continue }
      let start = number == 0 ? range.lowerBound : Int(starts[number - 1])
      if changed.contains(start) { dropped.append(.tree(next)) }
    }
  }

  /// Whether a directory has so little left that one block does; a little less, so that it does not come and go.
  private func isSparse(_ directory: UInt32) -> Bool {
    let first = IPv6View.first(directory)
    var count = 0
    for index in first..<first + 1 << IPv6View.count(directory) {
      let word = view.pointee.load(index)
      guard IPv6View.leadsOn(word) else {
        // A neighbour may have the same answer: counted too high is safe.
        count += 1
        continue
      }
      if IPv6View.isDirectory(word) { return false }
      count += IPv6View.count(word)
      if count > IPv6View.largestBlock * 3 / 4 { return false }
    }
    return count <= IPv6View.largestBlock * 3 / 4
  }
}

extension IPv6Compiled.Place {
  /// The place behind a chunk, if routes go on there.
  func next(_ chunk: Int) -> IPv6Compiled.Place? {
    let (word, next) = node.answer(ofPair: chunk, inherited: inherited)
    return next.map { IPv6Compiled.Place(chunk: self.chunk + 1, node: $0, inherited: word) }
  }
}

extension TriePath {
  /// One of the eight chunks of 16 bits.
  func chunk(_ number: Int) -> Int {
    Int(UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * number)))
  }
}
