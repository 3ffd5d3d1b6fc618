/// Sets of rules, each rule by its place in the order in which they are asked: a bit a rule, in words of 64, of which
/// only those are kept that are not zero.
///
/// ```
/// set    presence  a bit a word that is not zero    64 bits: 4,096 rules at most
///        start     its first word in `words`        the others follow in order
/// ```
///
/// Equal sets are one, found by a hash that follows each change of a set in one step (Zobrist).
struct RuleSets {
  /// Rules that a set can hold: more than a direction has priorities.
  static let maximum = 64 * 64

  private struct Set {
    var presence: UInt64
    var start: UInt32
  }

  private var sets: [Set] = [Set(presence: 0, start: 0)]
  private var words: [UInt64] = []

  /// The set without a rule.
  static let none: UInt32 = 0

  var count: Int { sets.count }
  /// In bytes.
  var memory: Int { sets.count * MemoryLayout<Set>.stride + words.count * 8 }

  @inline(__always)
  func presence(_ set: UInt32) -> UInt64 { sets[Int(set)].presence }

  /// The rules from `word * 64` on.
  @inline(__always)
  func word(_ word: Int, of set: UInt32) -> UInt64 {
    let set = sets[Int(set)]
    let bit = UInt64(1) << UInt64(word)
    guard set.presence & bit != 0 else { return 0 }
    return words[Int(set.start) + (set.presence & (bit - 1)).nonzeroBitCount]
  }

  /// Finds sets again while a group is compiled.
  struct Builder {
    private(set) var sets = RuleSets()
    private var byHash: [UInt64: UInt32] = [0: RuleSets.none]

    /// A set's number; the same for the same rules.
    mutating func number(_ set: Growing) -> UInt32 {
      if let known = byHash[set.hash], sets.holds(known, exactly: set) { return known }
      let number = UInt32(sets.sets.count)
      sets.sets.append(Set(presence: set.presence, start: UInt32(sets.words.count)))
      var rest = set.presence
      while rest != 0 {
        sets.words.append(set.words[rest.trailingZeroBitCount])
        rest &= rest - 1
      }
      // Of two sets with one hash only the first is found again; the other is merely kept twice.
      if byHash[set.hash] == nil { byHash[set.hash] = number }
      return number
    }

    mutating func number(_ rules: some Sequence<Int>, of count: Int) -> UInt32 {
      var set = Growing(rules: count)
      for rule in rules { set.toggle(rule) }
      return number(set)
    }
  }

  private func holds(_ number: UInt32, exactly set: Growing) -> Bool {
    guard presence(number) == set.presence else { return false }
    var rest = set.presence
    while rest != 0 {
      let word = rest.trailingZeroBitCount
      if self.word(word, of: number) != set.words[word] { return false }
      rest &= rest - 1
    }
    return true
  }

  /// A set that changes rule by rule.
  struct Growing {
    fileprivate private(set) var words: [UInt64]
    fileprivate private(set) var presence: UInt64 = 0
    fileprivate private(set) var hash: UInt64 = 0

    init(rules count: Int) {
      precondition(count <= RuleSets.maximum)
      words = Array(repeating: 0, count: (count + 63) / 64)
    }

    mutating func toggle(_ rule: Int) {
      let word = rule / 64
      words[word] ^= 1 << UInt64(rule % 64)
      let bit = UInt64(1) << UInt64(word)
      presence = words[word] == 0 ? presence & ~bit : presence | bit
      hash ^= Self.mark(of: rule)
    }

    /// The same for each rule, and like no other's (SplitMix64).
    private static func mark(of rule: Int) -> UInt64 {
      var z = UInt64(rule + 1) &* 0x9e37_79b9_7f4a_7c15
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      return z ^ z >> 31
    }
  }
}
