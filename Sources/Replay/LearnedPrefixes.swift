import Dataplane
import Lookup
import Model
import Wire

/// The prefixes that one network's gateway has learned by BGP: what lies behind its port.
struct LearnedPrefixes: Sendable {
  let gateway: PortID
  /// The networks that reach it: its own, and peers that use it as their remote gateway.
  let networks: Set<Int>
  private var ipv4 = PrefixTable<UInt32>()
  private var ipv6 = PrefixTable<UInt128>()

  init(gateway: PortID, virtualNetwork: Int, topology: Topology) {
    self.gateway = gateway
    networks = Set(
      topology.virtualNetworks.indices.filter { network in
        network == virtualNetwork
          || topology.virtualNetworks[network].peerings.contains {
            $0.remote == virtualNetwork && $0.usesRemoteGateway
          }
      })
    for route in topology.bgpRoutes where route.virtualNetwork == virtualNetwork {
      let length = route.prefix.length
      switch route.prefix.address {
      case .v4(let address): ipv4.insert(address.bits, length: length, value: 0)
      case .v6(let address): ipv6.insert(address.bits, length: length, value: 0)
      }
    }
  }

  /// The length of the longest prefix that holds the address; 0 is the default route.
  func longestMatch(_ address: IPAddress) -> Int? {
    switch address {
    case .v4(let address): ipv4.longestMatch(address.bits)?.length
    case .v6(let address): ipv6.longestMatch(address.bits)?.length
    }
  }
}
