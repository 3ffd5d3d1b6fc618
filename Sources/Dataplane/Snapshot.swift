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

  /// Who has an address in a network.
  struct Owner {
    var networkInterface: Int
    /// Index into the NIC's `ipConfigurations`.
    var configuration: Int
    var port: PortID
    var privateAddress: IPAddress
    var publicAddress: IPAddress?
  }

  struct ScopedAddress: Hashable {
    var virtualNetwork: Int
    var address: IPAddress
  }

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
    for (index, nic) in topology.presentInterfaces.enumerated() {
      for (configuration, address) in nic.ipConfigurations.enumerated() {
        let owner = Owner(
          networkInterface: index, configuration: configuration, port: PortID(index),
          privateAddress: address.privateAddress, publicAddress: address.publicAddress)
        own[topology.subnets[nic.subnet].virtualNetwork].append((address.privateAddress, owner))
        if let publicAddress = address.publicAddress { publicOwners[publicAddress] = owner }
      }
    }
    self.publicOwners = publicOwners
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

  func owner(of address: IPAddress, in network: Int) -> Owner? {
    reachable[ScopedAddress(virtualNetwork: network, address: address)]
  }
}

/// A port as the packet path sees it.
public struct PortRecord: Sendable {
  public enum Kind: Hashable, Sendable {
    /// Index into `Topology.networkInterfaces`.
    case networkInterface(Int)
    /// The platform port of that NIC: disk traffic of the host (R8).
    case platform(Int)
    /// Index into `Topology.worldPorts`.
    case world(Int)
  }

  public var id: PortID
  /// The NIC's name, that and `-platform`, or `internet`, `gateway`, `backbone`.
  public var name: String
  public var kind: Kind
  public var device: Device
  /// Ours on this link, and that of the neighbour.
  public var macAddress: MACAddress
  public var peerMACAddress: MACAddress
  /// The network that packets from this port belong to; nil for Internet and backbone.
  public var virtualNetwork: Int?
  /// Of a NIC.
  public var subnet: Int?
  /// Our own addresses on the link: the subnet's gateway addresses, or those of a port towards the world.
  public var addresses: [IPAddress]

  /// Those that a snapshot of the topology has, in its order.
  public static func all(of topology: Topology) -> [PortRecord] {
    var ports: [PortRecord] = []
    func appendNIC(_ nic: NetworkInterface, name: String, kind: Kind, device: Device) {
      let subnet = topology.subnets[nic.subnet]
      ports.append(
        PortRecord(
          id: PortID(ports.count), name: name, kind: kind, device: device,
          macAddress: Snapshot.fabricMAC, peerMACAddress: nic.macAddress,
          virtualNetwork: subnet.virtualNetwork, subnet: nic.subnet,
          addresses: [true, false].compactMap { subnet.gatewayAddress(ipv4: $0) }))
    }
    for (index, nic) in topology.presentInterfaces.enumerated() {
      appendNIC(nic, name: nic.name, kind: .networkInterface(index), device: nic.device)
    }
    for (index, nic) in topology.presentInterfaces.enumerated() {
      guard let device = nic.platformDevice else { continue }
      appendNIC(nic, name: "\(nic.name)-platform", kind: .platform(index), device: device)
    }
    for (index, port) in topology.worldPorts.enumerated() {
      ports.append(
        PortRecord(
          id: PortID(ports.count), name: port.kind.rawValue, kind: .world(index),
          device: port.device, macAddress: port.macAddress, peerMACAddress: port.peerMACAddress,
          virtualNetwork: port.virtualNetwork, subnet: nil, addresses: port.addresses))
    }
    return ports
  }
}
