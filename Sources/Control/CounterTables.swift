import Dataplane

extension CountersReport {
  /// Every part that has something to say, and the balance.
  public func text() -> String {
    var sections = [portTable(), verdictTable()]
    if let drops = dropTable() { sections.append(drops) }
    if let nextHops = plainTable("Next Hop Type", counters.byNextHopType) {
      sections.append(nextHops)
    }
    if let services = plainTable("Service", counters.byService) { sections.append(services) }
    if let rules = plainTable("Security Rule", counters.securityRules, unit: "Flows") {
      sections.append(rules)
    }
    if let rules = plainTable("Resource Rule", counters.resourceRules, unit: "Connections") {
      sections.append(rules)
    }
    if let flows = flowTable() { sections.append(flows) }
    return sections.map { $0.text() }.joined(separator: "\n") + "\n" + balance() + "\n"
  }

  /// `received 5 = forwarded 3 + answered 1 + dropped 1`, or with `≠` where packets are unaccounted for.
  public func balance() -> String {
    let sign = counters.isBalanced ? "=" : "≠"
    return "received \(counters.totalReceived) \(sign) forwarded \(counters.forwarded)"
      + " + answered \(counters.totalAnswered) + dropped \(counters.totalDropped)"
  }

  private func portTable() -> Table {
    var table = Table(
      .text("Port"), .text("Device"), .text("State"), .number("Received"), .number("Bytes In"),
      .number("Sent"), .number("Bytes Out"), .number("Lost By Kernel"),
      .number("Lost By Interface"), .number("Send Errors"))
    for port in ports {
      let received = counters.received[port.name] ?? Counters.Traffic()
      let sent = counters.transmitted[port.name] ?? Counters.Traffic()
      table.add(
        port.name, port.device, port.isOpen ? "open" : "failed", "\(received.packets)",
        "\(received.bytes)", "\(sent.packets)", "\(sent.bytes)",
        "\(port.statistics.droppedByKernel)", "\(port.statistics.droppedByInterface)",
        "\(port.statistics.transmitErrors)")
    }
    return table
  }

  private func verdictTable() -> Table {
    var table = Table(.text("Verdict"), .number("Packets"))
    table.add("forwarded", "\(counters.forwarded)")
    for (answer, count) in counters.answered.sorted(by: { $0.key < $1.key }) {
      table.add("answered: \(answer)", "\(count)")
    }
    table.add("dropped", "\(counters.totalDropped)")
    if counters.switchResets > 0 {
      table.add("resets sent by endpoint switches", "\(counters.switchResets)")
    }
    return table
  }

  /// Only states that have flows.
  private func flowTable() -> Table? {
    var table = Table(.text("Flows"), .number("Count"))
    for (state, count) in counters.flowsByState.sorted(by: { $0.key < $1.key }) {
      table.add(state, "\(count)")
    }
    if counters.flowsEvicted > 0 { table.add("evicted so far", "\(counters.flowsEvicted)") }
    return table.isEmpty ? nil : table
  }

  /// The most frequent reason first.
  private func dropTable() -> Table? {
    var table = Table(.text("Dropped"), .number("Packets"), .text("Why"))
    let ordered = counters.dropped.filter { $0.value > 0 }.sorted {
      ($1.value, $0.key) < ($0.value, $1.key)
    }
    for (reason, count) in ordered {
      table.add(reason, "\(count)", DropReason(rawValue: reason)?.sentence ?? "")
    }
    return table.isEmpty ? nil : table
  }

  private func plainTable(
    _ title: String, _ counts: [String: UInt64], unit: String = "Packets"
  ) -> Table? {
    var table = Table(.text(title), .number(unit))
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) where count > 0 {
      table.add(name, "\(count)")
    }
    return table.isEmpty ? nil : table
  }
}
