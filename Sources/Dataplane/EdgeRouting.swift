import Model
import Wire

/// The way of a packet at the service edge (I2, I3): whose it is, which resource it is for, what that one's firewall says.
extension Snapshot {
  /// From the backbone or the Internet to the servers. Servers begin no conversations.
  func routeAtEdge(
    _ key: FlowKey, _ edge: EdgeTable, into admission: inout Admission, trace: inout Trace?
  ) throws(DropReason) {
    let (judgment, service) = try judgeAtEdge(key, edge, trace: &trace)
    admission.judgment = judgment
    admission.action = Action(
      egress: edge.services,
      route: ResolvedRoute(
        prefix: IPPrefix(host: key.destinationAddress), origin: .system,
        nextHopType: judgment.caller.viaEndpoint ? .virtualNetworkServiceEndpoint : .internet,
        service: service))
  }

  /// Who calls, which resource, and what that one's firewall says; and the resource's service. Both are unknown where a
  /// host name is needed.
  func judgeAtEdge(
    _ key: FlowKey, _ edge: EdgeTable, trace: inout Trace?
  ) throws(DropReason) -> (Judgment, service: Int?) {
    let caller = try caller(key, edge, trace: &trace)
    let judgment = Judgment(caller: caller)
    let destination = key.destinationAddress
    var service: Int?
    switch edge.resources.find(destination) {
    case .none:
      trace.record("resource", "no resource has the address \(destination)")
      throw .unknownResource
    case .needsHostName:
      trace.record("resource", "several have \(destination): the host name will say which is meant")
      guard key.transport == 6 else { throw .unknownResource }
    case .resource(let match):
      service = edge.serviceOf[match.resource]
      judgment.match = match
      judgment.verdict = judge(caller, match, edge, trace: &trace)
    }
    return (judgment, service)
  }

  /// I3, with its reason for whoever listens.
  func judge(
    _ caller: Caller, _ match: ResourceTable.Match, _ edge: EdgeTable, trace: inout Trace?
  ) -> FirewallVerdict {
    edge.side.verdict(for: caller, at: match, in: topology, trace: &trace)
  }

  /// Of those that have a tunnel's identity; several may share a prefix.
  private func subnet(of source: IPAddress, by port: PortID) -> Int? {
    guard let tunnels, let tunnel = tunnel(port) else { return nil }
    guard tunnels.encapsulation.isServiceTunnel else { return tunnel.subnet }
    return tunnels.all.first { other in
      other.replies == port
        && topology.subnets[other.subnet].addressPrefixes.contains { $0.contains(source) }
    }?.subnet ?? tunnel.subnet
  }

  private func caller(
    _ key: FlowKey, _ edge: EdgeTable, trace: inout Trace?
  ) throws(DropReason) -> Caller {
    let source = key.sourceAddress
    let ingress = self[key.ingress]
    if ingress.id == edge.services {
      trace.record("flow", "servers begin no conversations")
      throw .noFlow
    }
    guard link(of: ingress.id) == backbonePort else {
      return try edge.side.caller(fromInternet: source, trace: &trace)
    }
    // Where an encapsulation names the network, an address alone does not.
    guard tunnels == nil || ingress.id != backbonePort else { throw .notEncapsulated }
    return try edge.side.caller(
      fromBackbone: source, identity: subnet(of: source, by: ingress.id), in: topology,
      trace: &trace
    )
  }
}
