import Wire

/// R1: the routes that a network has by itself.
enum SystemRoutes {
  /// Ranges that Azure drops unless a network has them (RFC 1918, RFC 6598), in the order of its listings.
  static let unusedRanges: [IPPrefix] = [
    IPPrefix(.v4(IPv4Address(10, 0, 0, 0)), length: 8),
    IPPrefix(.v4(IPv4Address(100, 64, 0, 0)), length: 10),
    IPPrefix(.v4(IPv4Address(172, 16, 0, 0)), length: 12),
    IPPrefix(.v4(IPv4Address(192, 168, 0, 0)), length: 16),
  ]

  /// `VnetLocal` for each range, `VNetPeering` for each range of each peer, the default to the
  /// Internet, and `None` for unused ranges. One that the network or a peer holds whole is in use; a
  /// `None` route inside a larger range would cut the network off from itself.
  /// - Parameter dropsUnused: false where a user route for 0.0.0.0/0 has removed the `None` routes.
  static func routes(
    of network: Int, in topology: Topology, dropsUnused: Bool
  ) -> [LayerRoute] {
    let own = topology.virtualNetworks[network]
    var routes = own.addressSpace.map {
      LayerRoute(prefix: $0, nextHopType: .vnetLocal, source: network)
    }
    for peering in own.peerings {
      routes += topology.virtualNetworks[peering.remote].addressSpace.map {
        LayerRoute(prefix: $0, nextHopType: .vnetPeering, source: peering.remote)
      }
    }
    let ranges = routes.map(\.prefix)
    for prefix in [IPPrefix.anyIPv4, .anyIPv6] {
      routes.append(LayerRoute(prefix: prefix, nextHopType: .internet, source: network))
    }
    if dropsUnused {
      for range in unusedRanges where !ranges.contains(where: { $0.contains(range) }) {
        routes.append(LayerRoute(prefix: range, nextHopType: .none, source: network))
      }
    }
    return routes
  }
}
