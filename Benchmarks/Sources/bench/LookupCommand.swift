import ArgumentParser
import Lookup
import Wire

#if canImport(Glibc)
  import Glibc
#endif

struct LookupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lookup",
    abstract: "Longest-prefix match on a list of prefixes, one on each line of standard input.")

  @Option(help: "Lookups of one run.")
  var lookups = 1_000_000

  @Option(help: "Runs; the median counts.")
  var runs = 7

  func run() throws {
    var four: [(key: UInt32, length: Int, value: UInt32)] = []
    var six: [(key: UInt128, length: Int, value: UInt32)] = []
    while let line = readLine() {
      guard let prefix = IPPrefix(lenient: line) else {
        throw ValidationError("not a prefix: \(line)")
      }
      switch prefix.address {
      case .v4(let address): four.append((address.bits, prefix.length, UInt32(four.count)))
      case .v6(let address): six.append((address.bits, prefix.length, UInt32(six.count)))
      }
    }
    measure("IPv4", four) { UInt32(truncatingIfNeeded: $0) }
    measure("IPv6", six) { UInt128($0) << 64 | UInt128($0 ^ 0x5555) }
  }

  private func measure<Key: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ name: String, _ prefixes: [(key: Key, length: Int, value: UInt32)],
    random: (UInt64) -> Key
  ) {
    guard !prefixes.isEmpty else { return }
    var table = PrefixTable<Key>()
    let build = Timing.measure(runs: 1) {
      for prefix in prefixes {
        _ = table.insert(prefix.key, length: prefix.length, value: prefix.value)
      }
    }
    print("\(name): \(prefixes.count) prefixes, built in \((build.median * 1000).rounded()) ms")
    var generator = SplitMix(state: 1)
    let streams = [
      ("random destinations", (0..<lookups).map { _ in random(generator.next()) }),
      (
        "destinations of the table",
        (0..<lookups).map { _ in prefixes[Int(generator.next() % UInt64(prefixes.count))].key }
      ),
    ]
    var results = [UInt32](repeating: 0, count: lookups)
    for (stream, keys) in streams {
      let timing = Timing.measure(runs: runs) {
        keys.withUnsafeBufferPointer { keys in
          results.withUnsafeMutableBufferPointer { results in
            table.lookup(keys, into: results, missing: .max)
          }
        }
      }
      print(timing.line("  \(stream)", count: lookups, unit: "lookups"))
    }
  }
}
