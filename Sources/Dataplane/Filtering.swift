import Model
import Wire

/// The security groups that a flow's first packet meets on its way, and what they said (N1).
///
/// Later packets of the flow and replies meet none: so a changed rule governs new connections only.
struct GroupPassage {
  /// Whether the sending NIC's groups are asked. They are not where the packet answers one that the NIC has received,
  /// or continues a flow that they have let out.
  var meetsOutbound: Bool
  /// The rules that decided, `count` of them: outbound NIC, then subnet; inbound subnet, then NIC.
  private(set) var decisions = InlineArray<4, SecurityGroups.RuleID?>(repeating: nil)
  private(set) var count = 0
  /// The one of them that refused.
  private(set) var refusal: SecurityGroups.RuleID?

  /// Asks no group.
  static var none: GroupPassage { GroupPassage(meetsOutbound: false) }

  init(meetsOutbound: Bool) { self.meetsOutbound = meetsOutbound }

  mutating func note(_ rule: SecurityGroups.RuleID, isRefusal: Bool) {
    decisions[count] = rule
    count += 1
    if isRefusal { refusal = rule }
  }
}

extension Snapshot {
  /// The groups of the NIC that sends, then of its subnet, before the source is made public. An appliance's groups see
  /// what it forwards, with the addresses that it has.
  /// - Parameter source: as the network knows it: private also where the guest uses its public address.
  func filterOutbound(
    _ key: FlowKey, from source: IPAddress, at ingress: PortRecord,
    groups passage: inout GroupPassage, trace: inout Trace?
  ) throws(DropReason) {
    guard passage.meetsOutbound, let sender = ingress.nic, !sender.isPlatform,
      sender.hasSecurityGroup
    else { return }
    let nic = topology.networkInterfaces[sender.index]
    let subnet = topology.subnets[nic.subnet]
    let packet = securityPacket(
      key, source, key.destinationAddress, in: subnet.virtualNetwork)
    if let group = nic.securityGroup {
      guard
        passes(packet, group, .outbound, of: "NIC \(nic.name)", &passage, &trace)
      else { throw .securityGroupOutbound }
    }
    if let group = subnet.securityGroup {
      guard
        passes(
          packet, group, .outbound, of: "subnet \(topology.qualifiedName(ofSubnet: nic.subnet))",
          &passage, &trace)
      else { throw .securityGroupOutbound }
    }
  }

  /// The groups of the subnet that a packet is delivered in, then of the NIC, after its destination is made private. What
  /// leaves by a port towards the world meets none.
  func filterInbound(
    _ key: FlowKey, _ action: Action, groups passage: inout GroupPassage, trace: inout Trace?
  ) throws(DropReason) {
    guard let receiver = self[action.egress].nic, !receiver.isPlatform, receiver.hasSecurityGroup,
      self[key.ingress].nic?.isPlatform != true
    else { return }
    let nic = topology.networkInterfaces[receiver.index]
    let subnet = topology.subnets[nic.subnet]
    // The destination of the key is private already, also where the guest calls itself by its public address.
    let packet = securityPacket(
      key, key.address(action.source ?? key.source), key.destinationAddress,
      in: subnet.virtualNetwork)
    if let group = subnet.securityGroup {
      guard
        passes(
          packet, group, .inbound, of: "subnet \(topology.qualifiedName(ofSubnet: nic.subnet))",
          &passage, &trace)
      else { throw .securityGroupInbound }
    }
    if let group = nic.securityGroup {
      guard passes(packet, group, .inbound, of: "NIC \(nic.name)", &passage, &trace) else {
        throw .securityGroupInbound
      }
    }
  }

  private func passes(
    _ packet: SecurityPacket, _ group: Int, _ direction: SecurityRule.Direction,
    of owner: @autoclosure () -> String, _ passage: inout GroupPassage, _ trace: inout Trace?
  ) -> Bool {
    let id = securityGroups.decide(packet, group: group, direction)
    let rule = securityGroups.rule(id)
    let isRefusal = rule.access == .deny
    passage.note(id, isRefusal: isRefusal)
    trace.record(
      "security-group",
      "N1: \(topology.securityGroups[group].name) of \(owner()), \(direction.rawValue.lowercased()): "
        + "\(rule.name), priority \(rule.priority), \(isRefusal ? "denies" : "allows")")
    return !isRefusal
  }

  private func securityPacket(
    _ key: FlowKey, _ source: IPAddress, _ destination: IPAddress, in network: Int
  ) -> SecurityPacket {
    SecurityPacket(
      transport: key.transport, source: end(source, in: network), sourcePort: key.sourcePort,
      destination: end(destination, in: network), destinationPort: key.destinationPort)
  }

  private func end(_ address: IPAddress, in network: Int) -> SecurityPacket.End {
    let owner = owner(of: address, in: network)
    return SecurityPacket.End(
      address, isInVirtualNetwork: routing.isInVirtualNetwork(address, of: network),
      applicationGroups: owner.map {
        topology.networkInterfaces[$0.networkInterface].ipConfigurations[$0.configuration]
          .applicationSecurityGroups
      } ?? [])
  }
}
