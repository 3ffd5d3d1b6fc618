import Model
import Wire

/// Who callers are at the service's side (I1, I6), and what resources say to them (I3). The edge decides by it; a fabric and
/// a replay foretell by it what the edge will decide.
public struct ServiceSide: Sendable {
  let resources: ResourceTable
  private let callers: CallerRegions
  private let subnets: [(prefix: IPPrefix, subnet: Int)]

  public init(of topology: Topology) {
    resources = ResourceTable(topology)
    callers = CallerRegions(topology)
    subnets = topology.subnets.indices.flatMap { subnet in
      topology.subnets[subnet].addressPrefixes.map { ($0, subnet) }
    }
  }

  /// Who sends from the Internet: no private address does.
  func caller(
    fromInternet source: IPAddress, trace: inout Trace?
  ) throws(DropReason) -> Caller {
    guard !source.isPrivate else {
      trace.record("anti-spoof", "\(source) is private, and comes from the Internet")
      throw .spoofedSource
    }
    let caller = callers.caller(source)
    trace.record(
      "identity",
      "\(source), a public address"
        + (caller.region.map { " of the region \($0)" } ?? " outside of Azure"))
    return caller
  }

  /// Who sends over the backbone.
  /// - Parameter identity: the subnet that the encapsulation names; nil where there is no encapsulation.
  func caller(
    fromBackbone source: IPAddress, identity: Int?, in topology: Topology, trace: inout Trace?
  ) throws(DropReason) -> Caller {
    guard let subnet = identity ?? onlySubnet(of: source) else {
      trace.record("identity", "no single network has \(source), and nothing else says whose it is")
      throw .unknownIdentity
    }
    guard topology.subnets[subnet].addressPrefixes.contains(where: { $0.contains(source) }) else {
      trace.record(
        "identity",
        "\(source) is not an address of \(topology.qualifiedName(ofSubnet: subnet)), whose identity it has"
      )
      throw .spoofedSource
    }
    trace.record("identity", "I1: \(topology.qualifiedName(ofSubnet: subnet)), \(source)")
    return topology.caller(source, overEndpointOfSubnet: subnet)
  }

  /// I3, with its reason for whoever listens.
  func verdict(
    for caller: Caller, at match: ResourceTable.Match, in topology: Topology,
    trace: inout Trace?
  ) -> FirewallVerdict {
    let verdict = resources.verdict(for: caller, at: match)
    let resource = topology.resources[match.resource]
    trace.record(
      "resource",
      "\(resource.name), \(resource.service)" + (match.location == .secondary ? ", secondary" : ""))
    trace.record("firewall", "I3: \(resource.firewall.sentence(for: verdict))")
    return verdict
  }

  /// Without an encapsulation an address is all that there is: the subnet that has it, where only one has.
  private func onlySubnet(of address: IPAddress) -> Int? {
    let owners = Set(subnets.filter { $0.prefix.contains(address) }.map(\.subnet))
    return owners.count == 1 ? owners.first : nil
  }
}
