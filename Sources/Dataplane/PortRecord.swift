import Model
import Wire

/// A port as the packet path sees it. A reference: a first packet asks many things of its ports, and takes none of them
/// with it.
public final class PortRecord: Sendable {
  public enum Kind: Hashable, Sendable {
    /// Index into `Topology.networkInterfaces`.
    case networkInterface(Int)
    /// The platform port of that NIC: disk traffic of the host (R8).
    case platform(Int)
    /// Index into `Topology.worldPorts`.
    case world(Int)
  }

  /// What first packets ask about the NIC of a port.
  struct NIC: Sendable {
    let index: Int
    let isPlatform: Bool
    let subnet: Int
    let virtualNetwork: Int
    let forwards: Bool
    let usesPublicAddress: Bool
    /// Whether it or its subnet has a security group.
    let hasSecurityGroup: Bool
    let platformAddress: IPAddress?
  }

  public let id: PortID
  /// The NIC's name, that and `-platform`, or `internet`, `gateway`, `backbone`; where networks have a gateway each,
  /// `gateway/network`.
  public let name: String
  /// The same in every snapshot that has the port, also where another gateway comes or goes, which changes names.
  public let key: String
  public let kind: Kind
  public let device: Device
  /// Ours on this link, and that of the neighbour.
  public let macAddress: MACAddress
  public let peerMACAddress: MACAddress
  /// The network that packets from this port belong to; nil for Internet and backbone.
  public let virtualNetwork: Int?
  /// Of a NIC.
  public let subnet: Int?
  /// Our own addresses on the link: the subnet's gateway addresses, or those of a port towards the world.
  public let addresses: [IPAddress]
  /// Nil of a port towards the world.
  let nic: NIC?

  init(
    id: PortID, name: String, key: String, kind: Kind, device: Device, macAddress: MACAddress,
    peerMACAddress: MACAddress, virtualNetwork: Int?, subnet: Int? = nil, addresses: [IPAddress],
    nic: NIC? = nil
  ) {
    self.id = id
    self.name = name
    self.key = key
    self.kind = kind
    self.device = device
    self.macAddress = macAddress
    self.peerMACAddress = peerMACAddress
    self.virtualNetwork = virtualNetwork
    self.subnet = subnet
    self.addresses = addresses
    self.nic = nic
  }

  /// Those that a snapshot of the topology has, in its order.
  public static func all(of topology: Topology) -> [PortRecord] {
    var ports: [PortRecord] = []
    func appendNIC(_ index: Int, _ name: String, _ device: Device, isPlatform: Bool) {
      let nic = topology.networkInterfaces[index]
      let subnet = topology.subnets[nic.subnet]
      ports.append(
        PortRecord(
          id: PortID(ports.count), name: name, key: name,
          kind: isPlatform ? .platform(index) : .networkInterface(index), device: device,
          macAddress: Snapshot.fabricMAC, peerMACAddress: nic.macAddress,
          virtualNetwork: subnet.virtualNetwork, subnet: nic.subnet,
          addresses: [true, false].compactMap { subnet.gatewayAddress(ipv4: $0) },
          nic: NIC(
            index: index, isPlatform: isPlatform, subnet: nic.subnet,
            virtualNetwork: subnet.virtualNetwork, forwards: nic.ipForwarding,
            usesPublicAddress: nic.guestAddress == .public,
            hasSecurityGroup: nic.securityGroup != nil || subnet.securityGroup != nil,
            platformAddress: nic.platformAddress)))
    }
    for (index, nic) in topology.presentInterfaces.enumerated() {
      appendNIC(index, nic.name, nic.device, isPlatform: false)
    }
    for (index, nic) in topology.presentInterfaces.enumerated() {
      guard let device = nic.platformDevice else { continue }
      appendNIC(index, "\(nic.name)-platform", device, isPlatform: true)
    }
    for (index, port) in topology.worldPorts.enumerated() {
      ports.append(
        PortRecord(
          id: PortID(ports.count), name: topology.name(ofWorldPort: index),
          key: topology.qualifiedName(of: port), kind: .world(index), device: port.device,
          macAddress: port.macAddress, peerMACAddress: port.peerMACAddress,
          virtualNetwork: port.virtualNetwork, addresses: port.addresses))
    }
    return ports
  }
}
