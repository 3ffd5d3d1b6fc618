/// All that one run has measured, and its text for people.
struct PipelineReport {
  var known: [KnownFlows] = []
  var new: [NewFlows] = []
  var workers: [TwoWorkers] = []

  var text: String {
    (knownLines + newLines + workerLines + barLines).joined(separator: "\n")
  }

  private var knownLines: [String] {
    guard let first = known.first else { return [] }
    var rows = [["Known flows, M packets/s (least to most)", "Spurline", "minimal C", "times", ""]]
    for figures in known {
      rows.append([
        "  \(figures.flows) over \(figures.frames) frames", spread(figures.ours, 1),
        spread(figures.baseline, 1), fixed(figures.ratios.median, 2),
        range(figures.ratios, 2),
      ])
    }
    var stages = [["Stages, ns a packet"] + first.stages.map(\.name)]
    for figures in known {
      let sum = figures.stages.reduce(0) { $0 + $1.nanoseconds }
      stages.append(
        ["  \(figures.flows) flows"]
          + figures.stages.map {
            "\(fixed($0.nanoseconds, 1)) (\(fixed($0.nanoseconds / sum * 100, 0)) %)"
          })
    }
    return Columns.aligned(rows, left: 1) + Columns.aligned(stages, left: 1)
  }

  private var newLines: [String] {
    guard !new.isEmpty else { return [] }
    let rows =
      [["New flows, M/s (least to most)", ""]]
      + new.map { ["  \($0.flows) into an empty table", spread($0.rates, 2)] }
    return Columns.aligned(rows, left: 1)
  }

  private var workerLines: [String] {
    guard !workers.isEmpty else { return [] }
    var rows = [["Two workers, M packets/s (least to most)", "together", "times one"]]
    rows += workers.map {
      ["  \($0.flows) flows each", spread($0.rates, 1), fixed($0.ratios.median, 2)]
    }
    return Columns.aligned(rows, left: 1)
  }

  private var barLines: [String] {
    var bars: [Bar] = []
    for figures in known {
      let least = [256: 0.35, 1 << 20: 0.25][figures.flows]
      guard let least else { continue }
      bars.append(
        Bar(
          "\(figures.flows) flows, beside minimal C", figures.ratios.median, "times", atLeast: least
        ))
    }
    bars += new.map { Bar("\($0.flows) new flows", $0.rates.median, "M/s", atLeast: 2) }
    bars += workers.map {
      Bar("two workers, \($0.flows) flows", $0.ratios.median, "times", atLeast: 1.6)
    }
    return [""] + Bar.lines(bars)
  }

  private func spread(_ rates: [Double], _ digits: Int) -> String {
    "\(fixed(rates.median, digits)) \(range(rates, digits))"
  }
}
