import Wire

/// What the tags `VirtualNetwork` and `Internet` of security rules hold.
extension RoutingTables {
  /// Whether the tag `VirtualNetwork`, asked in a network, holds the address: the network's own address space, its peers',
  /// what its gateway has learned by BGP (or that of the peer whose gateway it uses) and so is on-premises, and the
  /// platform's address 168.63.129.16. `Internet` holds the rest.
  ///
  /// A default route that was learned is no on-premises network, and neither is the prefix of a user route:
  /// with them `Internet` would hold nothing wherever traffic is tunnelled, and no rule could tell a service from a
  /// neighbour. The routes that hold now decide, also those that a daemon announced a moment ago. Allocates nothing.
  /// - Precondition: the network's index is within the topology.
  public func isInVirtualNetwork(_ address: IPAddress, of network: Int) -> Bool {
    let system = systemLayers[network * 2]
    if let match = system.longest(address) {
      switch system.routes[Int(match.value)].nextHopType {
      case .vnetLocal, .vnetPeering: return true
      default: break
      }
    }
    for position in bgpRanges[network] {
      if let match = bgpTables[bgpOrder[position]].longest(address), match.length > 0 {
        return true
      }
    }
    return SecurityRule.Address.platform.contains { $0.contains(address) }
  }

  /// The same as prefixes, in order, none within another.
  public func virtualNetworkPrefixes(of network: Int) -> [IPPrefix] {
    let own = topology.virtualNetworks[network]
    var prefixes = own.addressSpace + SecurityRule.Address.platform
    for peering in own.peerings {
      prefixes += topology.virtualNetworks[peering.remote].addressSpace
    }
    for position in bgpRanges[network] {
      bgpTables[bgpOrder[position]].table.forEachPrefix { prefix, _ in
        if !prefix.isDefault { prefixes.append(prefix) }
      }
    }
    return prefixes.sorted().reduce(into: []) { kept, prefix in
      if kept.last?.contains(prefix) != true { kept.append(prefix) }
    }
  }
}
