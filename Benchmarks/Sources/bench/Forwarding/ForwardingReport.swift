import Histogram

/// All that was measured with one size of frames and one number of flows.
struct ForwardingScenario {
  var size: Int
  var flows: Int
  /// Names in the order of the report, each with the name of its ceiling.
  var order: [(name: String, ceiling: String?)] = []
  /// By name, one for each round.
  var overload: [String: [LoadFigures]] = [:]
  var lossless: [String: [Double]] = [:]
  /// In nanoseconds.
  var latencies: [String: Histogram<UInt32>] = [:]
  /// With 100 packets a second.
  var idleLatencies: [String: Histogram<UInt32>] = [:]
  /// Milliseconds until a command was answered at full load.
  var answers: [String: [Double]] = [:]
  /// Why somebody has no figures, or not all of them.
  var absences: [String: String] = [:]

  init(size: Int, flows: Int) {
    self.size = size
    self.flows = flows
  }

  static let natted = "Linux, nftables SNAT"

  func rates(_ name: String) -> [Double] { (overload[name] ?? []).map { $0.received / 1e6 } }

  /// Of one to the other, round by round.
  func ratio(_ name: String, to other: String?) -> Double? {
    guard let other, let these = overload[name], let those = overload[other], !these.isEmpty,
      these.count == those.count
    else { return nil }
    return zip(these, those).map { $0.received / $1.received }.median
  }

  private static func text(_ answers: [Double]) -> String {
    answers.max().map { "\(fixed(answers.median, 0)), worst \(fixed($0, 0))" } ?? ""
  }

  var text: String {
    let hasLatencies = !lossless.isEmpty
    var rows = [
      [
        "\(size) bytes, \(flows) flows", "M packets/s", "of offered", "CPU", "to minimal C",
        "to SNAT", "command ms",
      ]
        + (hasLatencies
          ? ["loss < 0.1 %", "p50 us", "p99 us", "p99.9 us", "idle p50 us", "p99 us"] : [])
    ]
    var remarks: [String] = []
    for (name, ceiling) in order {
      if let absence = absences[name] { remarks.append("  \(name): \(absence)") }
      guard let runs = overload[name], !runs.isEmpty else { continue }
      let rates = rates(name)
      var row = [
        "  " + name,
        "\(fixed(rates.median, 3)) \(range(rates, 3))",
        "\(fixed(runs.map { $0.received / $0.sent }.median * 100, 1)) %",
        "\(fixed(runs.map(\.cpu).median * 100, 0)) %",
        ratio(name, to: ceiling).map { fixed($0, 2) } ?? "",
        ratio(name, to: Self.natted).map { fixed($0, 2) } ?? "",
        Self.text(answers[name] ?? []),
      ]
      if hasLatencies {
        let at = { (latencies: Histogram<UInt32>?, percentile: Double) in
          latencies.map { fixed(Double($0.valueAtPercentile(percentile)) / 1000, 0) } ?? ""
        }
        let (busy, idle) = (latencies[name], idleLatencies[name])
        row += [
          fixed((lossless[name] ?? []).median / 1e6, 3), at(busy, 50), at(busy, 99), at(busy, 99.9),
          at(idle, 50), at(idle, 99),
        ]
      }
      rows.append(row)
    }
    return (Columns.aligned(rows, left: 1) + remarks).joined(separator: "\n")
  }
}

struct ForwardingReport {
  var scenarios: [ForwardingScenario] = []

  var bars: String {
    var bars: [Bar] = []
    for scenario in scenarios {
      let place = "\(scenario.size) bytes, \(scenario.flows) flows"
      for (name, ceiling) in scenario.order {
        guard let ratio = scenario.ratio(name, to: ceiling) else { continue }
        bars.append(Bar("\(place): \(name), beside minimal C", ratio, "times", atLeast: 0.9))
      }
      let ours = scenario.order.map(\.name).filter { $0.hasPrefix("Spurline") }
      guard let best = ours.max(by: { scenario.rates($0).median < scenario.rates($1).median })
      else {
        continue
      }
      for peer in [ForwardingScenario.natted, "testpmd af_xdp"] {
        guard let ratio = scenario.ratio(best, to: peer) else { continue }
        bars.append(Bar("\(place): \(best), beside \(peer)", ratio, "times", atLeast: 1))
      }
    }
    return Bar.lines(bars).joined(separator: "\n")
  }
}
