import Model
import Wire

/// Security groups as their documentation says them: one rule after the other, in the order of the priorities.
struct SlowSecurityGroup {
  var group: SecurityGroup
  var tags: ServiceTags

  /// The rule that decides.
  func decide(_ packet: SecurityPacket, _ direction: SecurityRule.Direction) -> SecurityRule? {
    let ordered = (group.rules + SecurityRule.defaults).sorted { $0.priority < $1.priority }
    for rule in ordered where rule.direction == direction {
      if isFor(packet, rule) { return rule }
    }
    return nil
  }

  private func isFor(_ packet: SecurityPacket, _ rule: SecurityRule) -> Bool {
    let numbers: [SecurityRule.Transport: [UInt8]] = [
      .tcp: [6], .udp: [17], .icmp: [1, 58], .esp: [50], .ah: [51],
    ]
    guard rule.transport == .any || numbers[rule.transport]!.contains(packet.transport) else {
      return false
    }
    guard rule.sources.contains(where: { isAt(packet.source, $0) }),
      rule.destinations.contains(where: { isAt(packet.destination, $0) })
    else { return false }
    if [6, 17, 132, 33, 136].contains(packet.transport) {
      return rule.sourcePorts.contains { $0.contains(packet.sourcePort) }
        && rule.destinationPorts.contains { $0.contains(packet.destinationPort) }
    }
    // Without ports only rules for all of them.
    return isEveryPort(rule.sourcePorts) && isEveryPort(rule.destinationPorts)
  }

  private func isEveryPort(_ ports: [ClosedRange<UInt16>]) -> Bool {
    // Wherever a range ends, another must go on.
    let behind = ports.map(\.upperBound).filter { $0 < .max }.map { $0 + 1 }
    return ([0] + behind).allSatisfy { port in ports.contains { $0.contains(port) } }
  }

  private func isAt(_ end: SecurityPacket.End, _ address: SecurityRule.Address) -> Bool {
    switch address {
    case .any: true
    case .prefix(let prefix): prefix.contains(end.address)
    case .serviceTag(let name): tags[name]!.prefixes.contains { $0.contains(end.address) }
    case .virtualNetwork: end.isInVirtualNetwork
    case .internet: !end.isInVirtualNetwork
    case .azureLoadBalancer:
      ["168.63.129.16", "fe80::1234:5678:9abc"].contains("\(end.address)")
    case .applicationSecurityGroup(let group): end.applicationGroups.contains(group)
    }
  }
}
