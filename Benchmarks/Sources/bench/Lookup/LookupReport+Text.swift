import Foundation

/// The report for people.
extension LookupReport {
  var text: String {
    var lines = [
      machine.hardware,
      "Linux \(machine.kernel), transparent huge pages: \(machine.transparentHugePages), "
        + "load \(machine.load) at the start",
      "\(settings.rounds) rounds of \(settings.lookups) lookups after \(settings.warmUp) to warm up, "
        + "\(settings.burst) a vector, on core \(machine.core) of \(machine.cores)",
    ]
    lines += remarks
    for family in families { lines += [""] + family.lines }
    lines += ["", "Bars"]
    for family in families {
      lines += Columns.aligned(family.bars.map { ["  " + family.family] + $0.cells }, left: 2)
    }
    return lines.joined(separator: "\n")
  }
}

extension FamilyFigures {
  fileprivate var lines: [String] {
    ["\(family): \(prefixes) prefixes"] + lookupLines + comparisonLines + tableLines + updateLines
      + worstLines
  }

  private var lookupLines: [String] {
    var rows = [["  M lookups/s, median (least to most)"] + streams.map(\.rawValue)]
    for engine in engines where engine.wrong == nil {
      rows.append(
        ["    " + engine.name]
          + streams.map { stream in
            let rates = engine.rates[stream.rawValue] ?? []
            return "\(fixed(rates.median, 1)) \(range(rates, 0))"
          })
    }
    return Columns.aligned(rows, left: 1)
      + engines.compactMap { engine in engine.wrong.map { "    \(engine.name): wrong: \($0)" } }
  }

  private var comparisonLines: [String] {
    guard !comparisons.isEmpty else { return [] }
    var rows: [[String]] = []
    for comparison in comparisons {
      rows.append([
        "    \(comparison.ours)", comparison.stream.rawValue, comparison.peer,
        fixed(comparison.ratios.median, 2),
        range(comparison.ratios, 2),
      ])
    }
    return ["  Times as fast, median of the rounds"] + Columns.aligned(rows, left: 3)
  }

  private var tableLines: [String] {
    var rows = [["  Tables", "build", "lookups read", "a prefix", "in all", "a prefix", "refused"]]
    for table in tables {
      rows.append(
        ["    " + table.name] + memoryCells(table.memory, build: table.build, table.refused))
      if let memory = table.memoryAfterUpdates {
        rows.append(["    " + table.name + ", after updates"] + memoryCells(memory, build: [], 0))
      }
    }
    return Columns.aligned(rows, left: 1)
  }

  private func memoryCells(_ memory: TableMemory, build: [Double], _ refused: Int) -> [String] {
    let bytes = { (count: Int) in
      [
        "\(fixed(Double(count) / 1_048_576, 2)) MiB",
        "\(fixed(Double(count) / Double(prefixes), 2)) B",
      ]
    }
    return [build.isEmpty ? "" : "\(fixed(build.median * 1000, 0)) ms"] + bytes(memory.readSide)
      + bytes(memory.all) + [refused == 0 ? "" : "\(refused)"]
  }

  private var updateLines: [String] {
    var rows = [
      [
        "  Updates", "a second", "p50 us", "p90 us", "p99 us", "p99.9 us", "max us", "reader M/s",
        "",
      ]
    ]
    var remarks: [String] = []
    for table in tables {
      if let own = table.ownUpdates {
        rows.append(cells("    \(table.name), no reader", own.alone))
        let paced = cells("    \(table.name), paced, beside a reader", own.paced)
        rows.append(paced + [ratio(own, own.paced.readerRates)])
        let full = cells("    \(table.name), beside a reader", own.fullSpeed)
        rows.append(full + [ratio(own, own.fullSpeed.readerRates)])
        rows.append(readerCells("    the reader alone", own.readerAlone) + [""])
        let clock = readerCells(
          "    the reader, other core watching a clock", own.readerBesideClock)
        rows.append(clock + [ratio(own, own.readerBesideClock)])
        let refused = own.alone.refused + own.paced.refused + own.fullSpeed.refused
        if refused > 0 { remarks.append("    \(table.name): REFUSED \(refused) updates") }
        if own.readerCore == nil { remarks.append("    There is one core: the reader shares it.") }
        if let wrong = table.wrongAfterUpdates {
          remarks.append("    \(table.name): WRONG after the updates: \(wrong)")
        }
      }
      if let peer = table.peerUpdates {
        rows.append(cells("    \(table.name), no reader", peer.updates))
        if peer.updates.refused > 0 {
          remarks.append("    \(table.name): refused \(peer.updates.refused) updates")
        }
        if let wrong = peer.wrong {
          remarks.append("    \(table.name): wrong after the updates: \(wrong)")
        }
      }
      if let why = table.withoutUpdates { remarks.append("    \(table.name): \(why)") }
    }
    return Columns.aligned(rows, left: 1) + remarks
  }

  private func cells(_ name: String, _ figures: UpdateFigures) -> [String] {
    let times = figures.microseconds
    return [name, "\(fixed(figures.rates.median / 1000, 0)) k"]
      + [times.p50, times.p90, times.p99, times.p999, times.max].map { fixed($0, 2) }
      + [figures.readerRates.isEmpty ? "" : fixed(figures.readerRates.median, 1)]
  }

  private func readerCells(_ name: String, _ rates: [Double]) -> [String] {
    [name, "", "", "", "", "", "", fixed(rates.median, 1)]
  }

  private func ratio(_ own: OwnUpdateFigures, _ rates: [Double]) -> String {
    let ratios = zip(rates, own.readerAlone).map { $0 / $1 }
    return "(\(fixed(ratios.median, 2)) of alone)"
  }

  private var worstLines: [String] {
    var rows: [[String]] = []
    for table in tables {
      guard let worst = table.ownUpdates?.worst ?? table.peerUpdates?.worst else { continue }
      if rows.isEmpty {
        rows = [
          ["  \(worst.prefix) over \(worst.routes) routes", "insert ms", "max", "remove ms", "max"]
        ]
      }
      let times = [worst.insert, worst.remove].flatMap {
        [fixed($0.median, 3), fixed($0.max() ?? 0, 3)]
      }
      rows.append(["    " + table.name] + times + [worst.refused == 0 ? "" : "(refused)"])
    }
    return Columns.aligned(rows, left: 1)
  }
}
