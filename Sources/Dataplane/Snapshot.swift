import Model
import Wire

/// What the packet path decides by: immutable, published whole, taken at a vector's boundary.
public final class Snapshot: Sendable {
  /// The fabric's MAC address, on every NIC's link: the one that Azure's hosts answer ARP with.
  public static let fabricMAC = MACAddress(0x1234_5678_9abc)

  /// Counts up with each published snapshot; flows remember the one they were decided under.
  public let generation: UInt64
  public let topology: Topology
  public let routing: RoutingTables
  /// Of the topology, compiled.
  public let securityGroups: SecurityGroups
  /// NICs in the topology's order, then their platform ports, then the ports towards the world.
  public let ports: [PortRecord]

  /// Who has an address in a network. Plain bytes: copying it retains nothing.
  struct Owner {
    var networkInterface: Int
    /// Index into the NIC's `ipConfigurations`.
    var configuration: Int
    var port: PortID
    var subnet: Int
    /// Whether the guest calls itself by its public address.
    var usesPublicAddress: Bool
    var privateAddress: IPAddress
    var publicAddress: IPAddress?
  }

  struct ScopedAddress: Hashable {
    var virtualNetwork: Int
    var address: IPAddress

    /// In as few numbers as hold it: first packets ask by it.
    func hash(into hasher: inout Hasher) {
      switch address {
      case .v4(let v4): hasher.combine(UInt64(virtualNetwork) << 32 | UInt64(v4.bits))
      case .v6(let v6):
        hasher.combine(virtualNetwork)
        hasher.combine(v6.bits)
      }
    }
  }

  /// By NIC, who has its first address.
  private let firstOwners: [Owner?]
  /// The NICs that a network reaches by private address: its own and its peers'.
  let reachable: [ScopedAddress: Owner]
  /// Public addresses are unique.
  let publicOwners: [IPAddress: Owner]
  /// What hosts send with for their machines' disks (R8), and nobody else.
  let hostAddresses: Set<IPAddress>
  let internetPort: PortID?
  let backbonePort: PortID?
  /// By network: its own gateway, or that of the peer whose gateway it uses.
  let gatewayPorts: [PortID?]
  /// Nil where packets on the backbone are as they are elsewhere.
  let tunnels: Tunnels?
  /// Nil in a fabric.
  let edge: EdgeTable?
  /// Nil where the topology has no resources.
  let serviceSide: ServiceSide?

  /// - Parameters:
  ///   - securityGroups: those of the topology, if they are compiled already.
  ///   - serviceSide: likewise.
  public init(
    generation: UInt64, topology: Topology, routing: RoutingTables,
    securityGroups: SecurityGroups? = nil, serviceSide: ServiceSide? = nil
  ) {
    self.generation = generation
    self.securityGroups = securityGroups ?? SecurityGroups(of: topology)
    self.topology = topology
    self.routing = routing
    let ports = PortRecord.all(of: topology)
    self.ports = ports
    let worldPort = { (kind: WorldPort.Kind, network: Int?) -> PortID? in
      ports.first {
        guard case .world(let index) = $0.kind else { return false }
        let port = topology.worldPorts[index]
        return port.kind == kind && (network == nil || port.virtualNetwork == network)
      }?.id
    }
    internetPort = worldPort(.internet, nil)
    backbonePort = worldPort(.backbone, nil)
    tunnels = Tunnels(topology, ports: ports, backbone: backbonePort)
    let isAsked = topology.role == .edge || !topology.resources.isEmpty
    let side = isAsked ? serviceSide ?? ServiceSide(of: topology) : nil
    self.serviceSide = side
    edge = EdgeTable(topology, ports: ports, side: side)
    gatewayPorts = topology.virtualNetworks.indices.map { network in
      worldPort(.gateway, network)
        ?? topology.virtualNetworks[network].peerings.first { $0.usesRemoteGateway }
        .flatMap { worldPort(.gateway, $0.remote) }
    }

    var own: [[(IPAddress, Owner)]] = Array(repeating: [], count: topology.virtualNetworks.count)
    var publicOwners: [IPAddress: Owner] = [:]
    var firstOwners: [Owner?] = []
    for (index, nic) in topology.presentInterfaces.enumerated() {
      firstOwners.append(nil)
      for (configuration, address) in nic.ipConfigurations.enumerated() {
        let owner = Owner(
          networkInterface: index, configuration: configuration, port: PortID(index),
          subnet: nic.subnet, usesPublicAddress: nic.guestAddress == .public,
          privateAddress: address.privateAddress, publicAddress: address.publicAddress)
        own[topology.subnets[nic.subnet].virtualNetwork].append((address.privateAddress, owner))
        if configuration == 0 { firstOwners[index] = owner }
        if let publicAddress = address.publicAddress { publicOwners[publicAddress] = owner }
      }
    }
    self.publicOwners = publicOwners
    self.firstOwners = firstOwners
    hostAddresses = Set(topology.presentInterfaces.compactMap(\.platformAddress))
    var reachable: [ScopedAddress: Owner] = [:]
    for (network, record) in topology.virtualNetworks.enumerated() {
      for reached in [network] + record.peerings.map(\.remote) {
        for (address, owner) in own[reached] {
          reachable[ScopedAddress(virtualNetwork: network, address: address)] = owner
        }
      }
    }
    self.reachable = reachable
  }

  public func port(named name: String) -> PortID? { ports.first { $0.name == name }?.id }

  /// Of an address that a NIC sends with: mostly its first one.
  @inline(__always)
  func owner(of address: IPAddress, sentBy nic: PortRecord.NIC) -> Owner? {
    if let first = firstOwners[nic.index], first.privateAddress == address { return first }
    return owner(of: address, in: nic.virtualNetwork)
  }

  func owner(of address: IPAddress, in network: Int) -> Owner? {
    reachable[ScopedAddress(virtualNetwork: network, address: address)]
  }
}
