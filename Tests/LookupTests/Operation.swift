import Lookup

/// One step of a random test, printed as the Swift that makes it.
enum Operation<Key: FixedWidthInteger & UnsignedInteger & Sendable>: CustomStringConvertible {
  case insert(Key, Int, UInt32)
  case remove(Key, Int)
  /// Keep a copy; it must stay as it is.
  case snapshot

  var description: String {
    switch self {
    case .insert(let key, let length, let value):
      ".insert(0x\(String(key, radix: 16)), \(length), \(value)),"
    case .remove(let key, let length): ".remove(0x\(String(key, radix: 16)), \(length)),"
    case .snapshot: ".snapshot,"
    }
  }

  /// Keys that meet often: few octets, some at the edges of a node's words.
  static func random(
    count: Int, using random: inout some RandomNumberGenerator
  ) -> [Operation] {
    let octets: [UInt8] = [0, 1, 2, 10, 31, 32, 63, 64, 127, 128, 191, 192, 254, 255]
    let lengths = [0, 1, 5, 6, 7, 8, 9, 13, 16, 17, 24, 25, 31, Key.bitWidth - 1, Key.bitWidth]
    return (0..<count).map { _ in
      var key: Key = 0
      for _ in 0..<Key.bitWidth / 8 {
        key = key << 8 | Key(octets.randomElement(using: &random) ?? 0)
      }
      let length =
        Bool.random(using: &random)
        ? lengths.randomElement(using: &random) ?? 0
        : Int.random(in: 0...Key.bitWidth, using: &random)
      // Half of the time only the first two octets vary, so that long prefixes share their path.
      if Bool.random(using: &random) { key &= Key.max << Key(Key.bitWidth - 16) }
      return switch Int.random(in: 0..<20, using: &random) {
      case 0: .snapshot
      case 1..<8: .remove(key, length)
      default: .insert(key, length, UInt32.random(in: 0..<1000, using: &random))
      }
    }
  }
}

/// Runs operations against `PrefixTable` and its slow twin.
/// - Parameter lost: the value of insertions that the table is not told of, to see that the test can fail.
/// - Returns: what differs first, in a sentence, or nil.
func firstDifference<Key: FixedWidthInteger & UnsignedInteger & Sendable>(
  _ operations: [Operation<Key>], losing lost: UInt32? = nil
) -> String? {
  var table = PrefixTable<Key>()
  var twin = SlowTable<Key>()
  var snapshots: [(PrefixTable<Key>, SlowTable<Key>)] = []
  for (step, operation) in operations.enumerated() {
    var touched: Key = 0
    switch operation {
    case .insert(let key, let length, let value):
      touched = key
      let old =
        value == lost
        ? twin.values[.init(key, length)] : table.insert(key, length: length, value: value)
      let expected = twin.values.updateValue(value, forKey: .init(key, length))
      if old != expected {
        return "step \(step): insert gave \(old as Any), not \(expected as Any)"
      }
    case .remove(let key, let length):
      touched = key
      let old = table.remove(key, length: length)
      let expected = twin.values.removeValue(forKey: .init(key, length))
      if old != expected {
        return "step \(step): remove gave \(old as Any), not \(expected as Any)"
      }
    case .snapshot:
      snapshots.append((table, twin))
    }
    for key in [touched, touched &+ 1, touched ^ 0xff00, ~touched] {
      let (found, expected) = (table.longestMatch(key), twin.longestMatch(key))
      if found != expected {
        return "step \(step): longestMatch(0x\(String(key, radix: 16))) is \(found as Any), "
          + "not \(expected as Any)"
      }
    }
    if let difference = difference(table, twin, near: touched, every: step % 16 == 0) {
      return "step \(step): \(difference)"
    }
  }
  for (index, (snapshot, twin)) in ([(table, twin)] + snapshots).enumerated() {
    if let difference = difference(snapshot, twin, near: 0, every: true) {
      return index == 0 ? "at the end: \(difference)" : "snapshot \(index - 1): \(difference)"
    }
  }
  return nil
}

/// Compares the listings, and with `every` the whole content and the structure.
private func difference<Key>(
  _ table: PrefixTable<Key>, _ twin: SlowTable<Key>, near key: Key, every: Bool
) -> String? {
  if table.count != twin.values.count { return "count is \(table.count)" }
  for length in [0, 7, 8, 12, 16, 20, Key.bitWidth] {
    let name = "(0x\(String(key, radix: 16)), length: \(length))"
    let prefix = SlowTable<Key>.Prefix(key, length)
    if table.value(key, length: length) != twin.values[prefix] { return "value\(name) is wrong" }
    if table.covering(key, length: length) != twin.covering(prefix) {
      return "covering\(name) is wrong"
    }
    if table.covered(by: key, length: length) != twin.covered(by: prefix) {
      return "covered\(name) is wrong"
    }
  }
  guard every else { return nil }
  var all: [PrefixTable<Key>.Element] = []
  table.forEachPrefix { all.append($0) }
  if all != twin.covered(by: .init(0, 0)) { return "forEachPrefix is wrong" }
  return table.invariantViolations().first
}

/// Leaves out what the failure does not need.
/// - Returns: a message to paste as a test, or nil where nothing differs.
func shrunkFailure<Key>(
  _ operations: [Operation<Key>], losing lost: UInt32? = nil
) -> String? {
  guard firstDifference(operations, losing: lost) != nil else { return nil }
  let steps = shortest(operations) { firstDifference($0, losing: lost) != nil }
  return pasted(steps, of: Key.self, named: "Operation", firstDifference(steps, losing: lost))
}
