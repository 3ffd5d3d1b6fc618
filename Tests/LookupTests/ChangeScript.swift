import Lookup
import TestSupport

/// Changes that a writer makes over and over, and what some addresses resolve to after each: readers can tell at
/// any time which answers are possible.
///
/// State n is the table after n changes; after the last one it is state 0 again. No change touches an address
/// twice, so that there is no answer between two states.
struct ChangeScript<Key: LookupKey>: Sendable {
  /// Of one prefix; without a value it goes.
  struct Step: Sendable {
    var key: Key
    var length: Int
    var value: UInt32?
  }

  /// What the table holds in state 0.
  let start: [PrefixTable<Key>.Element]
  /// Each a list of prefixes that do not hold one another.
  private(set) var changes: [[Step]] = []
  let keys: [Key]
  /// For each state the answers for the keys.
  private(set) var answers: [[UInt32]] = []
  private var twin: ByLength<Key>

  /// - Parameter keys: those that readers look up.
  init(from start: [PrefixTable<Key>.Element], keys: [Key]) {
    self.start = start
    self.keys = keys
    twin = ByLength(start)
    answers = [keys.map(twin.answer)]
  }

  mutating func add(_ change: [Step]) {
    for step in change { _ = twin.set(step.key, length: step.length, to: step.value) }
    changes.append(change)
    var next = answers[answers.count - 1]
    for index in keys.indices {
      let isTouched = change.contains {
        ByLength.masked(keys[index] ^ $0.key, $0.length) == 0
      }
      if isTouched { next[index] = twin.answer(keys[index]) }
    }
    answers.append(next)
  }

  /// Leads back to the start, a prefix at a time.
  mutating func close() {
    let first = ByLength(start)
    for element in twin.elements where first.value(element.key, length: element.length) == nil {
      add([Step(key: element.key, length: element.length)])
    }
    for element in start
    where twin.value(element.key, length: element.length) != element.value {
      add([Step(key: element.key, length: element.length, value: element.value)])
    }
    answers.removeLast()
  }

  static func make(_ table: ForwardingTable<Key>, _ change: [Step]) {
    for step in change {
      if let value = step.value {
        table.insert(step.key, length: step.length, value: value)
      } else {
        table.remove(step.key, length: step.length)
      }
    }
  }
}

extension ChangeScript where Key: TestedKey {
  /// Prefixes over, in and beside each other that come, change and go; each value is seen once a round, so that
  /// memory that is read too late shows a value that cannot be.
  static func churn(changes count: Int, seed: UInt64) -> ChangeScript {
    var random = SeededGenerator(seed: seed)
    let base = Key.max / 5
    let cover = Key.bitWidth == 32 ? 12 : 24
    // Under the cover: four /16s or /32s, with dense places in each.
    var pool: [(key: Key, length: Int)] = []
    while pool.count < 160 {
      let length = Int.random(in: cover + 1...Key.bitWidth, using: &random)
      var key = base
      for shift in [Key.bitWidth - cover - 4, Key.bitWidth - 22, Key.bitWidth - 40, 6, 0]
      where shift >= 0 {
        key ^= Key.random(in: 0...7, using: &random) << Key(shift)
      }
      pool.append((ByLength.masked(key, length), length))
    }
    let keys = pool.flatMap { TableRun<Key>.near($0.key, $0.length, using: &random).prefix(6) }
    var script = ChangeScript(from: [], keys: Array(keys.shuffled(using: &random).prefix(600)))
    var value: UInt32 = 1
    func step(_ key: Key, _ length: Int, goes: Bool) -> [Step] {
      value += 1
      return [Step(key: key, length: length, value: goes ? nil : value)]
    }
    for _ in 0..<count {
      let goes = Int.random(in: 0..<3, using: &random) == 0
      switch Int.random(in: 0..<20, using: &random) {
      case 0: script.add(step(base, cover, goes: goes))
      case 1: script.add(step(base, cover - 4, goes: goes))
      case 2: script.add(step(0, 0, goes: goes))
      default:
        guard let prefix = pool.randomElement(using: &random) else { continue }
        script.add(step(prefix.key, prefix.length, goes: goes))
      }
    }
    script.close()
    return script
  }

  /// Blocks of neighbours with an answer each, announced one block after the other until the table has grown
  /// some times, then values that need a wide one.
  /// - Parameter first: how many blocks are there from the start.
  static func growth(blocks: Int, first: Int) -> ChangeScript {
    var random = SeededGenerator(seed: 77)
    let base: Key = 3 << Key(Key.bitWidth - 4)
    let length = Key.bitWidth == 32 ? 24 : 48
    let size = 500
    func prefix(_ block: Int, _ index: Int) -> Key {
      base | Key(block * size + index) << Key(Key.bitWidth - length)
    }
    func value(_ block: Int, _ index: Int) -> UInt32 { UInt32((block * size + index) % 0x7fff) }
    var keys: [Key] = []
    for _ in 0..<600 {
      let noise = Key.random(in: 0...Key.max, using: &random) >> Key(length)
      let block = Int.random(in: 0..<blocks, using: &random)
      keys.append(prefix(block, .random(in: 0..<size, using: &random)) | noise)
    }
    var start: [PrefixTable<Key>.Element] = [.init(key: base, length: 6, value: 1)]
    for block in 0..<first {
      for index in 0..<size {
        start.append(.init(key: prefix(block, index), length: length, value: value(block, index)))
      }
    }
    var script = ChangeScript(from: start, keys: keys)
    for block in first..<blocks {
      script.add(
        (0..<size).map {
          Step(key: prefix(block, $0), length: length, value: value(block, $0))
        })
      // In some of them longer ones.
      script.add(
        (0..<40).map {
          Step(
            key: prefix(block, $0 * 12) | 0x81, length: Key.bitWidth - 2, value: UInt32(block + $0))
        })
    }
    script.add([Step(key: keys[0], length: length, value: 0x7fff_ffff)])
    script.add([Step(key: 0, length: 0, value: 0x7fff_fffe)])
    script.add(
      (0..<size).map {
        Step(key: prefix(0, $0), length: length, value: 0x10_0000 + UInt32($0))
      })
    return script
  }
}
