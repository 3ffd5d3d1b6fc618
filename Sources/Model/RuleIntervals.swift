/// Which rules are for a number (an address, a port): the numbers cut into intervals at every place where the answer
/// changes, each with the set of its rules. A lookup is one binary search.
struct RuleIntervals<Key: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
  /// The first number of each interval, in order; the first is 0.
  private var starts: [Key] = [0]
  /// What `RuleSets` calls the interval's rules.
  private var sets: [UInt32] = [RuleSets.none]

  var count: Int { starts.count }
  /// In bytes.
  var memory: Int { starts.count * (MemoryLayout<Key>.stride + 4) }

  /// - Parameter ranges: of each rule, in the order of the rules; they may overlap.
  init(_ ranges: [[ClosedRange<Key>]], into builder: inout RuleSets.Builder) {
    var changes: [(at: Key, rule: Int32)] = []
    for (rule, ranges) in ranges.enumerated() {
      for range in Self.joined(ranges) {
        changes.append((range.lowerBound, Int32(rule)))
        if range.upperBound < Key.max { changes.append((range.upperBound + 1, Int32(rule))) }
      }
    }
    changes.sort { $0.at < $1.at }
    var current = RuleSets.Growing(rules: ranges.count)
    var index = 0
    while index < changes.count {
      let at = changes[index].at
      while index < changes.count, changes[index].at == at {
        current.toggle(Int(changes[index].rule))
        index += 1
      }
      let set = builder.number(current)
      if at == 0 {
        sets[0] = set
      } else if set != sets[sets.count - 1] {
        starts.append(at)
        sets.append(set)
      }
    }
  }

  /// The same numbers in ranges that are in order and apart: a rule begins and ends once at any place.
  static func joined(_ ranges: [ClosedRange<Key>]) -> [ClosedRange<Key>] {
    var joined: [ClosedRange<Key>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      // Behind the last number there is no other.
      if let last = joined.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1
      {
        joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }

  /// The set of a number's rules.
  func set(of key: Key) -> UInt32 {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= key { low = middle } else { high = middle }
    }
    return sets[low]
  }
}
