import Foundation
import Lookup
import TestSupport

/// Bytes as operations on a forwarding table, for libFuzzer (Tests/Fuzz/run): readers, writer and slow twin are
/// those of the random tests in Tests/LookupTests.
struct FuzzInput {
  private var bytes: UnsafeBufferPointer<UInt8>.SubSequence

  private var rest = SeededGenerator(seed: 0)

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes[...] }

  var isEmpty: Bool { bytes.isEmpty }

  /// Zero behind the end.
  mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

  mutating func operations<Key: LookupKey>(of _: Key.Type) -> [TableOperation<Key>] {
    var operations: [TableOperation<Key>] = []
    var prefixes: [(key: Key, length: Int)] = []
    // Not as a literal: with the address sanitizer, Swift 6.3.1 lays out arrays of constants wrongly where their
    // elements are aligned to 16 bytes, and reads behind them.
    prefixes.append((0, 0))
    while !isEmpty, operations.count < 1000 { next(&operations, &prefixes) }
    return operations
  }

  /// - Parameter prefixes: those that came, so that others can meet them.
  private mutating func next<Key: LookupKey>(
    _ operations: inout [TableOperation<Key>], _ prefixes: inout [(key: Key, length: Int)]
  ) {
    let kind = byte()
    switch kind & 15 {
    case 0..<4:
      let prefix = (key: key(kind) as Key, length: length(of: Key.self))
      prefixes.append(prefix)
      operations.append(.insert(prefix.key, prefix.length, value()))
    case 4:
      let prefix = prefixes[place(in: prefixes.count)]
      operations.append(.insert(prefix.key, prefix.length, value()))
    case 5..<8:
      let prefix = prefixes[place(in: prefixes.count)]
      operations.append(.remove(prefix.key, prefix.length))
    case 8: operations.append(.remove(key(kind), length(of: Key.self)))
    case 9: operations.append(kind & 16 == 0 ? .insert(0, 0, value()) : .remove(0, 0))
    case 10: operations.append(.reclaim)
    case 11:
      operations.append(.begin(prefixes[place(in: prefixes.count)].key ^ Key(kind >> 4 & 3)))
      for _ in 0..<kind >> 6 { operations.append(.step) }
    case 12: operations.append(.step)
    case 13: operations.append(kind & 16 == 0 ? .boundary : .pause)
    default:
      // Neighbours in a row, that come or go.
      let first: Key = key(kind)
      let length = length(of: Key.self)
      let value = value() & 0x3fff
      let rise = UInt32(byte() & 3)
      guard length > 15 else { return }
      prefixes.append((first, length))
      for number in 0..<Int(byte() & 127) {
        let key = first &+ Key(truncatingIfNeeded: number) << Key(Key.bitWidth - length)
        operations.append(
          kind & 15 == 14
            ? .insert(key, length, value &+ UInt32(number) &* rise) : .remove(key, length))
      }
    }
  }

  /// Of the last ones first.
  private mutating func place(in count: Int) -> Int { count - 1 - Int(byte()) % count }

  /// A base, and eight bits anywhere that differ from it.
  private mutating func key<Key: LookupKey>(_ kind: UInt8) -> Key {
    let base: Key = [0, .max, .max / 3, .max / 5][Int(kind >> 4 & 3)]
    let shift = Int(byte()) % Key.bitWidth
    return base ^ Key(byte()) << Key(shift)
  }

  /// Seldom short: a prefix of one bit costs half of a table.
  private mutating func length<Key: LookupKey>(of _: Key.Type) -> Int {
    let byte = Int(byte())
    return byte < 8 ? byte : 8 + byte % (Key.bitWidth - 7)
  }

  private mutating func value() -> UInt32 {
    let first = UInt32(byte())
    return switch first {
    case 0..<250: first
    case 250: 0x7fff
    case 251: 0x7fff_ffff
    case 252: 0x8000 | UInt32(byte())
    default: UInt32(byte()) << 7 | UInt32(byte())
    }
  }
}

/// The bytes as random numbers, so that the random tests' operations are steered by what they reach; when they
/// are used up, numbers that follow from them.
extension FuzzInput: RandomNumberGenerator {
  mutating func next() -> UInt64 {
    if isEmpty { return rest.next() }
    let number = (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
    rest = SeededGenerator(seed: rest.next() ^ number)
    return number
  }
}

/// Whether each input is printed as a test, for those that failed before.
private let isPrinting = ProcessInfo.processInfo.environment["FUZZ_PRINT"] != nil

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLookup(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var input = FuzzInput(UnsafeBufferPointer(start: bytes, count: count))
  let kind = input.byte()
  if kind & 1 == 0 { check(UInt32.self, kind, &input) } else { check(UInt128.self, kind, &input) }
  return 0
}

private func check<Key: TestedKey>(_: Key.Type, _ kind: UInt8, _ input: inout FuzzInput) {
  let operations =
    kind & 2 == 0
    ? input.operations(of: Key.self)
    : TableOperations<Key>.random(count: 200, isWide: kind & 4 != 0, using: &input)
  if isPrinting {
    // Before they are made: they may end the process.
    print("#expect(firstDifference([")
    for operation in operations { print("  \(operation)") }
    print("] as [TableOperation<\(Key.self)>]) == nil)")
    fflush(nil)
  }
  guard firstDifference(operations, vectorsEvery: 64) != nil else { return }
  fatalError(shrunkFailure(operations) ?? "a failure that comes and goes, or of vectors alone")
}
