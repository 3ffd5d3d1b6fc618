import Foundation

/// What one run of `bench replay` has found out.
struct ReplayBenchReport {
  var machine: Machine
  var packets: Int
  var flows: Int
  var replies: Int
  var rounds: Int
  /// Bytes of the capture.
  var size: Int
  /// Sentences about who was not measured, or how.
  var remarks: [String]
  /// Packets a second of each round, in the order of the contest.
  private var rates: [(name: String, rates: [Double])] = []

  init(
    machine: Machine, packets: Int, flows: Int, replies: Int, rounds: Int, size: Int,
    remarks: [String]
  ) {
    self.machine = machine
    self.packets = packets
    self.flows = flows
    self.replies = replies
    self.rounds = rounds
    self.size = size
    self.remarks = remarks
  }

  /// Each round every contestant runs once; before the first, each has run once for nothing, so that programs
  /// and capture are in memory. Who fails is left out, and a remark says so.
  mutating func measure(_ contestants: [Contestant]) {
    var running: [Contestant] = []
    for contestant in contestants {
      do {
        _ = try contestant.run()
        running.append(contestant)
        rates.append((contestant.name, []))
      } catch {
        let reason = (error as? Contestant.Failure)?.reason ?? "\(error)"
        remarks.append("Without \(contestant.name): \(reason).")
      }
    }
    for _ in 0..<rounds {
      for (index, contestant) in running.enumerated() {
        guard let seconds = try? contestant.run() else { continue }
        rates[index].rates.append(Double(contestant.packets) / seconds)
      }
    }
  }

  private func rates(of name: String) -> [Double] { rates.first { $0.name == name }?.rates ?? [] }

  /// By round, so that what slows a whole round down does not count.
  private func ratios(_ ours: String, _ theirs: String) -> [Double] {
    zip(rates(of: ours), rates(of: theirs)).map { $0 / $1 }
  }

  var text: String {
    var lines = [
      machine.hardware,
      "Linux \(machine.kernel), load \(machine.load) at the start",
      "\(rounds) rounds of whole processes, \(packets) packets (\(size >> 20) MiB) of \(flows) flows, "
        + "\(replies) % replies",
    ]
    lines += remarks
    var rows = [["  k packets/s", "median", "(least to most)"]]
    for (name, rates) in rates {
      rows.append([
        "    " + name, fixed(rates.median / 1e3, 0),
        range(rates.map { $0 / 1e3 }, 0),
      ])
    }
    lines += [""] + Columns.aligned(rows, left: 1)
    rows = []
    for ours in [ReplayContest.summary, ReplayContest.written, ReplayContest.lines] {
      for (theirs, _) in rates where !theirs.hasPrefix("spurline") {
        let ratios = ratios(ours, theirs)
        rows.append([
          "    " + ours, theirs, fixed(ratios.median, 2),
          range(ratios, 2),
        ])
      }
    }
    lines += ["  Times as fast, median of the rounds"] + Columns.aligned(rows, left: 2)
    lines += [""] + Bar.lines(bars)
    return lines.joined(separator: "\n")
  }

  private var bars: [Bar] {
    [
      (ReplayContest.summary, ReplayContest.tcprewrite, 4),
      (ReplayContest.summary, ReplayContest.loop, 0.8),
      (ReplayContest.lines, ReplayContest.tcprewrite, 1.5),
    ].compactMap { ours, theirs, bar in
      let ratios = ratios(ours, theirs)
      guard !ratios.isEmpty else { return nil }
      return Bar("\(ours), beside \(theirs)", ratios.median, "times", atLeast: bar)
    }
  }
}
