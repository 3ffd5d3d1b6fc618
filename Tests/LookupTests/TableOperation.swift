import Lookup

/// One step of a random test of `ForwardingTable`, printed as the Swift that makes it.
///
/// Beside the writer there is a reader in slow motion: it begins to look addresses up, and between two of its
/// loads the writer may do anything.
enum TableOperation<Key: LookupKey>: CustomStringConvertible {
  case insert(Key, Int, UInt32)
  case remove(Key, Int)
  /// Takes back what no reader sees any more.
  case reclaim
  /// The slow reader begins to look an address up.
  case begin(Key)
  /// It makes one load more for each address that it has begun with.
  case step
  /// It ends what it has begun, and passes a boundary.
  case boundary
  /// As `boundary`, but it sleeps until it begins again.
  case pause

  var description: String {
    switch self {
    case .insert(let key, let length, let value):
      ".insert(0x\(String(key, radix: 16)), \(length), \(value)),"
    case .remove(let key, let length): ".remove(0x\(String(key, radix: 16)), \(length)),"
    case .begin(let key): ".begin(0x\(String(key, radix: 16))),"
    case .reclaim: ".reclaim,"
    case .step: ".step,"
    case .boundary: ".boundary,"
    case .pause: ".pause,"
    }
  }
}

/// Makes operations whose prefixes meet: inside, beside and over each other at every depth.
struct TableOperations<Key: LookupKey> {
  private var keys: [Key]
  private var prefixes: [(key: Key, length: Int)] = []
  /// Whether values may need a wide table.
  private let isWide: Bool

  init(isWide: Bool, using random: inout some RandomNumberGenerator) {
    self.isWide = isWide
    keys = [0, .max, Key.max / 3]
    for _ in 0..<3 { keys.append(.random(in: 0...Key.max, using: &random)) }
  }

  static func random(
    count: Int, isWide: Bool, using random: inout some RandomNumberGenerator
  ) -> [TableOperation<Key>] {
    var operations = TableOperations(isWide: isWide, using: &random)
    return (0..<count).map { _ in operations.next(using: &random) }
  }

  mutating func next(using random: inout some RandomNumberGenerator) -> TableOperation<Key> {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<45:
      let prefix = (key: key(using: &random), length: length(using: &random))
      prefixes.append(prefix)
      return .insert(prefix.key, prefix.length, value(using: &random))
    case 45..<50:
      guard let prefix = prefixes.randomElement(using: &random) else { return .step }
      return .insert(prefix.key, prefix.length, value(using: &random))
    case 50..<70:
      guard !prefixes.isEmpty else { return .remove(0, 0) }
      let prefix = prefixes.remove(at: .random(in: prefixes.indices, using: &random))
      return .remove(prefix.key, prefix.length)
    case 70: return .remove(key(using: &random), length(using: &random))
    case 71..<77: return .reclaim
    case 77..<85: return .begin(key(using: &random))
    case 85..<95: return .step
    case 95..<99: return .boundary
    default: return .pause
    }
  }

  /// One of those that were there already, or its neighbour by some bits anywhere.
  private mutating func key(using random: inout some RandomNumberGenerator) -> Key {
    let place = Int.random(in: keys.indices, using: &random)
    let noise = Key.random(in: 0...31, using: &random)
    // Half of the time in the last bits of a /24 or a /64, where the structure is densest.
    let dense = Key.bitWidth == 32 ? 0..<20 : 56..<96
    let shift = Int.random(
      in: Bool.random(using: &random) ? dense : 0..<Key.bitWidth, using: &random)
    let key = keys[place] ^ noise << Key(shift)
    if keys.count < 40 {
      keys.append(key)
    } else if Int.random(in: 0..<8, using: &random) == 0 {
      keys[place] = key
    }
    return key
  }

  /// Seldom short: a prefix of one bit costs half of a table.
  private func length(using random: inout some RandomNumberGenerator) -> Int {
    switch Int.random(in: 0..<200, using: &random) {
    case 0: Int.random(in: 1..<8, using: &random)
    case 1..<8: 0
    case 8..<16: Int.random(in: 8..<16, using: &random)
    case 16..<30: Key.bitWidth
    case 30..<60:
      (Key.bitWidth == 32 ? [16, 17, 18, 19, 20, 24, 25, 27, 31] : [32, 40, 48, 56, 64, 65, 127])
        .randomElement(using: &random) ?? 24
    default: Int.random(in: 16...Key.bitWidth, using: &random)
    }
  }

  private func value(using random: inout some RandomNumberGenerator) -> UInt32 {
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<40: UInt32.random(in: 0..<4, using: &random)
    case 40..<45: [0x7fff, 0x7ffe, 0xff, 0x100].randomElement(using: &random) ?? 0
    case 45..<47 where isWide:
      [0x8000, 0xffff, 0x10000, 0x7fff_ffff, 0x7fff_8000].randomElement(using: &random) ?? 0
    case 47..<49 where isWide: UInt32.random(in: 0...0x7fff_ffff, using: &random)
    default: UInt32.random(in: 0..<1000, using: &random)
    }
  }
}
