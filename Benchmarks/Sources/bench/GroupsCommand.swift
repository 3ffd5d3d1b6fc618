import ArgumentParser
import Model
import Wire

struct GroupsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "groups",
    abstract:
      "Security groups: the decision on a flow's first packet, by the number of rules and prefixes."
  )

  @Option(help: "Decisions in a run.")
  var decisions = 200_000

  @Option(help: "Runs; the median counts.")
  var runs = 5

  func run() throws {
    print("rules  prefixes each  compile      memory     a decision  one rule after the other")
    for (rules, prefixes) in [(10, 10), (100, 100), (1_000, 100), (1_000, 1_000)] {
      try measure(rules: rules, prefixes: prefixes)
    }
  }

  private func measure(rules count: Int, prefixes: Int) throws {
    var random = SplitMix(state: 7)
    let group = Self.group(rules: count, prefixes: prefixes, &random)
    let topology = Topology(securityGroups: [group])
    var groups = SecurityGroups(of: Topology())
    let compile = secondsTaken { groups = SecurityGroups(of: topology) }
    let packets = (0..<decisions).map { _ in Self.packet(of: group, &random) }
    var sum = 0
    let fast = Timing.measure(runs: runs) {
      for packet in packets {
        sum &+= Int(groups.decide(packet, group: 0, .outbound).place)
      }
    }
    // The slow way takes a prefix at a time: fewer packets do.
    let few = packets.prefix(max(20, 2_000_000 / (count * prefixes)))
    let ordered = group.rules(.outbound)
    var slowSum = 0
    let slow = Timing.measure(runs: 1) {
      for packet in few { slowSum &+= Self.scan(ordered, packet) }
    }
    let expected = few.reduce(0) { $0 + Int(groups.decide($1, group: 0, .outbound).place) }
    guard slowSum == expected else { throw ValidationError("the two ways disagree") }
    let text = { (value: Double, width: Int, unit: String) in
      let words = "\((value * 10).rounded() / 10) \(unit)"
      return String(repeating: " ", count: max(0, width - words.count)) + words
    }
    print(
      "\(count)".padded(to: 7) + "\(prefixes)".padded(to: 15)
        + text(compile * 1e3, 10, "ms") + text(Double(groups.memory) / 1e6, 12, "MB")
        + text(fast.median / Double(decisions) * 1e9, 14, "ns")
        + text(slow.median / Double(few.count) * 1e6, 26, "us"))
    if sum == .min { print(sum) }
  }

  /// Rules of random prefixes, /16 to /32, and a few ports.
  private static func group(
    rules count: Int, prefixes: Int, _ random: inout SplitMix
  ) -> SecurityGroup {
    let rules = (0..<count).map { index in
      SecurityRule(
        name: "r\(index)", priority: 100 + index, direction: .outbound,
        access: index.isMultiple(of: 2) ? .allow : .deny, transport: .tcp,
        destinations: (0..<prefixes).map { _ in
          .prefix(
            IPPrefix(
              .v4(IPv4Address(UInt32.random(in: 0...(.max), using: &random))),
              length: Int.random(in: 16...32, using: &random)))
        }, destinationPorts: [443...443, 8_000...UInt16(8_000 + index)])
    }
    return SecurityGroup(name: "g", rules: rules)
  }

  /// Half of them to an address of some rule.
  private static func packet(
    of group: SecurityGroup, _ random: inout SplitMix
  ) -> SecurityPacket {
    var bits = UInt32.random(in: 0...(.max), using: &random)
    if Bool.random(using: &random),
      case .prefix(let prefix) = group.rules.randomElement(using: &random)!.destinations
        .randomElement(using: &random)!,
      case .v4(let address) = prefix.address
    {
      bits = address.bits
    }
    return SecurityPacket(
      transport: 6,
      source: .init(.v4(IPv4Address(10, 0, 1, 4)), isInVirtualNetwork: true), sourcePort: 40_000,
      destination: .init(.v4(IPv4Address(bits)), isInVirtualNetwork: false),
      destinationPort: Bool.random(using: &random) ? 443 : 8_050)
  }

  /// The place of the first rule that is for the packet.
  private static func scan(_ rules: [SecurityRule], _ packet: SecurityPacket) -> Int {
    rules.firstIndex { rule in
      (rule.transport == .any || rule.transport == packet.ruleTransport)
        && rule.destinationPorts.contains { $0.contains(packet.destinationPort) }
        && rule.sourcePorts.contains { $0.contains(packet.sourcePort) }
        && rule.sources.contains { holds($0, packet.source) }
        && rule.destinations.contains { holds($0, packet.destination) }
    }!
  }

  private static func holds(_ address: SecurityRule.Address, _ end: SecurityPacket.End) -> Bool {
    switch address {
    case .any: true
    case .prefix(let prefix): prefix.contains(end.address)
    case .virtualNetwork: end.isInVirtualNetwork
    case .internet: !end.isInVirtualNetwork
    case .serviceTag, .azureLoadBalancer, .applicationSecurityGroup: false
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
