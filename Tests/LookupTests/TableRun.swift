import TestSupport

@testable import Lookup

/// A `ForwardingTable` beside its slow twin while operations are made on both.
final class TableRun<Key: TestedKey> {
  /// What the slow reader has begun.
  private struct Begun {
    var key: Key
    var step: LookupStep
    /// What the address has resolved to since.
    var allowed: Set<UInt32>
  }

  let table: ForwardingTable<Key>
  private(set) var twin: ByLength<Key>
  /// Of insertions that the table is not told of, to see that the test can fail.
  private let lost: UInt32?
  private let slowReader: Reader
  private var begun: [Begun] = []
  /// Compares, and sleeps otherwise.
  private let checker: Reader
  private var recent: [(key: Key, length: Int)] = []
  private var steps = 0
  /// What an empty table has in use.
  private let emptyPlaces: Int
  /// Every so many steps all kernels are compared.
  private let vectorsEvery: Int

  /// - Parameter elements: what the table is built from.
  init(
    _ elements: [PrefixTable<Key>.Element] = [], losing lost: UInt32? = nil, vectorsEvery: Int = 8
  ) {
    table = ForwardingTable(elements)
    twin = ByLength(elements)
    let empty = elements.isEmpty ? table : ForwardingTable<Key>()
    emptyPlaces = empty.memory.placesInUse
    self.lost = lost
    self.vectorsEvery = vectorsEvery
    slowReader = table.domain.makeReader()
    slowReader.pause()
    checker = table.domain.makeReader()
    checker.pause()
  }

  /// Makes one step and compares what it may have touched.
  /// - Returns: what differs, in a sentence, or nil.
  func make(_ operation: TableOperation<Key>) -> String? {
    defer { steps += 1 }
    switch operation {
    case .insert(let key, let length, let value):
      let expected = twin.set(key, length: length, to: value)
      if value == lost { break }
      let old = table.insert(key, length: length, value: value)
      if old != expected { return "insert gave \(old as Any), not \(expected as Any)" }
      return changed(key, length)
    case .remove(let key, let length):
      let expected = twin.set(key, length: length, to: nil)
      let old = table.remove(key, length: length)
      if old != expected { return "remove gave \(old as Any), not \(expected as Any)" }
      return changed(key, length)
    case .reclaim: table.reclaim()
    case .begin(let key):
      if begun.isEmpty { slowReader.resume() }
      let step = Key.Compiled.View.begin(key, in: table.published)
      begun.append(Begun(key: key, step: step, allowed: [twin.answer(key)]))
    case .step: return advance()
    case .boundary, .pause:
      while !begun.isEmpty {
        if let difference = advance() { return difference }
      }
      if case .pause = operation { slowReader.pause() } else { slowReader.passBoundary() }
    }
    return nil
  }

  private func changed(_ key: Key, _ length: Int) -> String? {
    for index in begun.indices { begun[index].allowed.insert(twin.answer(begun[index].key)) }
    recent.append((key, length))
    if recent.count > 24 { recent.removeFirst() }
    if table.count != twin.count { return "count is \(table.count), not \(twin.count)" }
    if table.value(key, length: length) != twin.value(key, length: length) {
      return "value(0x\(String(key, radix: 16)), length: \(length)) is wrong"
    }
    if table.longestMatch(key) != twin.longestMatch(key) {
      return "longestMatch(0x\(String(key, radix: 16))) is wrong"
    }
    var random = SeededGenerator(seed: UInt64(steps))
    checker.resume()
    defer { checker.pause() }
    for key in Self.near(key, length, using: &random) {
      let (found, expected) = (table.lookup(key, by: checker), twin.longestMatch(key)?.value)
      if found != expected {
        return "lookup(0x\(String(key, radix: 16))) is \(found as Any), not \(expected as Any)"
      }
    }
    if steps % vectorsEvery == 0 {
      return vectorDifference(count: 1 + steps * 29 % 600, using: &random)
    }
    return nil
  }

  /// One load more for each address in hand.
  private func advance() -> String? {
    for index in begun.indices.reversed() {
      guard case .next(let next) = begun[index].step else { continue }
      begun[index].step = next()
      guard case .answer(let found) = begun[index].step else { continue }
      let lookup = begun.remove(at: index)
      if !lookup.allowed.contains(found) {
        return "the slow reader got \(found) for 0x\(String(lookup.key, radix: 16)), "
          + "not one of \(lookup.allowed.sorted())"
      }
    }
    return nil
  }

  /// Addresses at the edges of a prefix, in it and around it.
  static func near(
    _ key: Key, _ length: Int, using random: inout some RandomNumberGenerator
  ) -> [Key] {
    let first = ByLength.masked(key, length)
    let inside = length == Key.bitWidth ? 0 : Key.max >> Key(length)
    let noise = Key.random(in: 0...Key.max, using: &random)
    let around = length < 6 ? Key.max : inside << 6 | 63
    return [
      first, first | inside, first &- 1, (first | inside) &+ 1, first | noise & inside,
      key & ~around | noise & around, key ^ noise & 0xffff, key, ~key,
    ]
  }

  /// Compares the vector lookups of all kernels, also that they write no more than they should.
  func vectorDifference(count: Int, using random: inout some RandomNumberGenerator) -> String? {
    var keys: [Key] = []
    while keys.count < count {
      guard let (key, length) = recent.randomElement(using: &random) else { break }
      keys += Self.near(key, length, using: &random)
    }
    while keys.count < count { keys.append(.random(in: 0...Key.max, using: &random)) }
    keys.removeLast(keys.count - count)
    return vectorDifference(keys)
  }

  func vectorDifference(_ keys: [Key]) -> String? {
    let expected = keys.map { twin.answer($0) } + [0xdead, 0xbeef]
    checker.resume()
    defer { checker.pause() }
    for kernel in LookupKernel.allCases where kernel.isAvailable {
      var values = [UInt32](repeating: 0xffff, count: keys.count) + [0xdead, 0xbeef]
      var room = values.mutableSpan
      table.lookup(keys.span, into: &room, by: checker, kernel: kernel)
      guard values != expected else { continue }
      let wrong = values.indices.first { values[$0] != expected[$0] } ?? 0
      guard wrong < keys.count else { return "\(kernel) wrote behind \(keys.count) values" }
      return "\(kernel), key \(wrong) of \(keys.count), 0x\(String(keys[wrong], radix: 16)): "
        + "\(values[wrong]), not \(expected[wrong])"
    }
    return nil
  }

  /// Removes everything: what the table has learnt must be gone, and all its memory free again.
  func finish() -> String? {
    if let difference = make(.pause) { return "at the end: \(difference)" }
    var random = SeededGenerator(seed: 1)
    if let difference = vectorDifference(count: 333, using: &random) {
      return "at the end: \(difference)"
    }
    for element in twin.elements {
      if let difference = make(.remove(element.key, element.length)) {
        return "removing 0x\(String(element.key, radix: 16))/\(element.length): \(difference)"
      }
    }
    // Memory that was taken back may give other memory free.
    for _ in 0..<3 { table.reclaim() }
    let memory = table.memory
    if memory.placesInUse != emptyPlaces || memory.retired != 0 {
      return "all removed: \(memory.placesInUse) places in use, \(memory.retired) pieces wait"
    }
    return nil
  }
}

/// Runs operations against `ForwardingTable` and its slow twin.
/// - Parameter lost: the value of insertions that the table is not told of, to see that the test can fail.
/// - Returns: what differs first, in a sentence, or nil.
func firstDifference<Key: TestedKey>(
  _ operations: [TableOperation<Key>], losing lost: UInt32? = nil, vectorsEvery: Int = 8
) -> String? {
  let run = TableRun<Key>(losing: lost, vectorsEvery: vectorsEvery)
  for (step, operation) in operations.enumerated() {
    if let difference = run.make(operation) { return "step \(step): \(difference)" }
  }
  return run.finish()
}

/// Leaves out what the failure does not need.
/// - Returns: a message to paste as a test, or nil where nothing differs.
func shrunkFailure<Key: TestedKey>(
  _ operations: [TableOperation<Key>], losing lost: UInt32? = nil
) -> String? {
  guard firstDifference(operations, losing: lost) != nil else { return nil }
  let steps = shortest(operations) { firstDifference($0, losing: lost) != nil }
  return pasted(steps, of: Key.self, named: "TableOperation", firstDifference(steps, losing: lost))
}
