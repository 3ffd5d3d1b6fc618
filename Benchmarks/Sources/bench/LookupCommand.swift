import ArgumentParser
import Foundation
import Glibc
import Lookup

struct LookupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lookup",
    abstract: "Longest-prefix match on a list of prefixes, beside DPDK's.",
    discussion: """
      Looks up vectors and single addresses in a table of these prefixes, by each of our kernels and by
      rte_fib, rte_lpm, rte_fib6 and rte_lpm6, one after the other in each round; first all answers are
      checked. Then updates are measured. Ratios are medians of rounds, and nothing is asserted. The peers
      are in the library that the environment names in SPURLINE_PEERS; scripts/bench builds it.
      """)

  enum Output: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Argument(help: "Prefixes, one a line, in a file (.gz: compressed); otherwise on standard input.")
  var file: String?

  @Option(help: "Measure only IPv4 or only IPv6: 4 or 6.")
  var family: UInt32?

  @Option(help: "Rounds; medians count.")
  var rounds = 7

  @Option(help: "Lookups of one run.")
  var lookups = 1 << 22

  @Option(help: "Lookups before each run that do not count; otherwise an eighth of a run.")
  var warmUp: Int?

  @Option(help: "Addresses of one vector, up to 4096.")
  var burst = 256

  @Option(
    help: "The core to run on; otherwise the last one. The reader beside updates takes another.")
  var core: Int?

  @Flag(name: .customLong("no-peers"), help: "Measure ours only.")
  var withoutPeers = false

  @Flag(
    name: .customLong("updates-of-lpm"),
    help: "Also measure updates of rte_lpm; building it for them takes a minute.")
  var updatesOfLPM = false

  @Option(help: "table, or json: all figures of all rounds.")
  var output = Output.table

  func validate() throws {
    guard rounds > 0, lookups > 0 else {
      throw ValidationError("--rounds and --lookups are at least 1")
    }
    guard warmUp ?? 0 >= 0 else { throw ValidationError("--warm-up is at least 0") }
    guard (1...4096).contains(burst) else { throw ValidationError("--burst is 1 to 4096") }
    guard family == nil || Peers.Family(rawValue: family!) != nil else {
      throw ValidationError("--family is 4 or 6")
    }
  }

  func run() throws {
    let input = try PrefixInput(path: file)
    guard let core = core ?? Affinity.cores.last, Affinity.pin(to: core) else {
      throw ValidationError("no core \(self.core ?? 0) to run on; there are \(Affinity.cores)")
    }
    var report = LookupReport(
      machine: Machine(core: core),
      settings: LookupSettings(
        rounds: rounds, lookups: lookups, burst: burst,
        warmUp: min(lookups, warmUp ?? lookups / 8), core: core, updatesOfLPM: updatesOfLPM))
    let peers = loadPeers(&report.remarks)
    if family != 6, !input.v4.isEmpty {
      report.families.append(FamilyBenchmark(input.v4, peers, report.settings).run())
    }
    if family != 4, !input.v6.isEmpty {
      report.families.append(FamilyBenchmark(input.v6, peers, report.settings).run())
    }
    guard !report.families.isEmpty else {
      throw ValidationError("there are no prefixes of this family")
    }
    switch output {
    case .table: print(report.text)
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      // A ratio to nothing, in a run that was too short.
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }
  }

  private func loadPeers(_ remarks: inout [String]) -> Peers? {
    guard !withoutPeers else {
      remarks.append("Measured without DPDK: --no-peers.")
      return nil
    }
    guard let path = ProcessInfo.processInfo.environment["SPURLINE_PEERS"], !path.isEmpty else {
      remarks.append("Measured without DPDK: SPURLINE_PEERS names no library.")
      return nil
    }
    return Peers.load(path: path) { remarks.append($0) }
  }
}
