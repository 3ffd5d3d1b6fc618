import Wire

/// Whose routes apply to a packet.
public enum RoutingContext: Hashable, Sendable {
  /// Sent by a NIC of this subnet (index into `Topology.subnets`).
  case subnet(Int)
  /// Arrived on the gateway of this network (index into `Topology.virtualNetworks`): the routes of its
  /// subnet `GatewaySubnet` where it has one, but never an endpoint (R8).
  case gateway(virtualNetwork: Int)
}

/// The forwarding tables of a topology, for every subnet and gateway. A value: a copy is a snapshot, made in
/// constant time; a change copies only what it touches.
///
/// Each origin of routes is a layer with a longest-prefix match of its own: endpoints for a subnet, user routes for
/// a route table, BGP and system routes for a network. Who has the same routes shares the layer, so that a
/// thousand subnets cost one full BGP table, and a switched endpoint rebuilds one small layer. A lookup takes
/// the longest match of each layer and puts them in order (`PrecedenceModel.decide`).
public struct RoutingTables: Sendable {
  /// What the tables were made of; its subnets' endpoints are those in force.
  public internal(set) var topology: Topology

  /// Which layers make up the routes of a context.
  struct Plan {
    var network: Int
    /// Index into `topology.subnets`, also of a gateway's `GatewaySubnet`.
    var subnet: Int?
    /// Index into `endpointLayers`; nil where none may apply.
    var endpointLayer: Int?
    /// Index into `userLayers` and `topology.routeTables`.
    var routeTable: Int?
    /// Into `bgpOrder`: the networks whose BGP routes are seen; empty where propagation is off.
    var bgp: Range<Int>
    /// Index into `systemLayers`.
    var systemLayer: Int
  }

  /// One for each subnet, then one for each network's gateway.
  var plans: [Plan] = []
  /// By subnet.
  var endpointLayers: [RouteLayer]
  /// By route table.
  var userLayers: [RouteLayer]
  /// By network.
  var bgpTables: [BGPTable]
  /// Of each network two: with the `None` routes of unused ranges, and without.
  let systemLayers: [RouteLayer]
  /// Indices of networks: for each network itself, then the peers whose gateway it uses.
  let bgpOrder: [Int]
  /// Of the topology; a switch of endpoints leaves them as they are.
  let endpointPolicies: EndpointPolicies
  /// By network, its part of `bgpOrder`.
  let bgpRanges: [Range<Int>]

  /// The tables of a validated topology, with its written BGP routes.
  public init(topology: Topology) { self.init(topology: topology, keepingLiveRoutesOf: nil) }

  /// As `init(topology:)`, and what live sources had announced stays, for networks of the same name. Endpoint and
  /// user layers of the previous tables are taken over where all that they were made of is the same.
  public init(topology: Topology, keepingLiveRoutesOf previous: RoutingTables?) {
    self.topology = topology
    let sameTags = previous?.topology.serviceTags.hasSameTags(as: topology.serviceTags) ?? false
    let sameServices = previous?.topology.services == topology.services
    endpointLayers = Self.endpointLayers(
      of: topology, takenFrom: sameTags && sameServices ? previous : nil)
    userLayers = Self.userLayers(of: topology, takenFrom: previous, sameTags: sameTags)
    systemLayers = topology.virtualNetworks.indices.flatMap { network in
      [true, false].map {
        RouteLayer(SystemRoutes.routes(of: network, in: topology, dropsUnused: $0))
      }
    }
    bgpTables = topology.virtualNetworks.indices.map { network in
      let name = topology.virtualNetworks[network].name
      let old = previous?.topology.virtualNetworks.firstIndex { $0.name == name }
      var table = old.flatMap { previous?.bgpTables[$0] } ?? BGPTable()
      table.setWritten(topology.bgpRoutes.filter { $0.virtualNetwork == network })
      return table
    }
    var bgpOrder: [Int] = []
    bgpRanges = topology.virtualNetworks.indices.map { network in
      let start = bgpOrder.count
      bgpOrder.append(network)
      for peering in topology.virtualNetworks[network].peerings
      where peering.usesRemoteGateway && !bgpOrder[start...].contains(peering.remote) {
        bgpOrder.append(peering.remote)
      }
      return start..<bgpOrder.count
    }
    self.bgpOrder = bgpOrder
    endpointPolicies = EndpointPolicies(topology)

    let ofSubnets = topology.subnets.indices.map {
      plan(network: topology.subnets[$0].virtualNetwork, subnet: $0, usesEndpoints: true)
    }
    let ofGateways = topology.virtualNetworks.indices.map { network in
      let subnet = topology.subnets.firstIndex {
        $0.virtualNetwork == network && $0.name.lowercased() == "gatewaysubnet"
      }
      return plan(network: network, subnet: subnet, usesEndpoints: false)
    }
    plans = ofSubnets + ofGateways
  }

  /// Which layers a subnet or a gateway has, by the topology and the user layers as they are now.
  func plan(network: Int, subnet: Int?, usesEndpoints: Bool) -> Plan {
    let routeTable = subnet.flatMap { topology.subnets[$0].routeTable }
    let hidesBGP = routeTable.map { topology.routeTables[$0].disableBgpRoutePropagation } ?? false
    let hasDefault = routeTable.map { userLayers[$0].table.value(.anyIPv4) != nil } ?? false
    let bgp = bgpRanges[network]
    return Plan(
      network: network, subnet: subnet, endpointLayer: usesEndpoints ? subnet : nil,
      routeTable: routeTable, bgp: hidesBGP ? bgp.lowerBound..<bgp.lowerBound : bgp,
      systemLayer: network * 2 + (hasDefault ? 1 : 0))
  }

  @inline(__always)
  func planIndex(_ context: RoutingContext) -> Int {
    switch context {
    case .subnet(let subnet): subnet
    case .gateway(let network): topology.subnets.count + network
    }
  }

  /// The route that wins. `usesEndpoints` false leaves endpoint routes out (R8: ICMP, platform traffic);
  /// the gateway context never has any. Allocates nothing.
  /// - Precondition: the context's index is within the topology.
  public func resolve(
    _ context: RoutingContext, _ destination: IPAddress, usesEndpoints: Bool
  ) -> ResolvedRoute? {
    let contest = contest(planIndex(context), destination, usesEndpoints: usesEndpoints)
    guard let winner = contest.decision.winner else { return nil }
    return resolved(winner, of: contest)
  }
}
