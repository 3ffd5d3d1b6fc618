import Wire

/// The validated resources of a configuration. Every reference is an index into one of these arrays
/// and is in range: `ConfigurationFile` has checked it.
public struct Topology: Sendable {
  public var name: String
  public var precedence: PrecedenceModel
  /// R8: ICMP follows the ordinary route unless this is set.
  public var icmpFollowsEndpoints: Bool
  public var virtualNetworks: [VirtualNetwork]
  public var subnets: [Subnet]
  public var routeTables: [RouteTable]
  public var securityGroups: [SecurityGroup]
  public var applicationSecurityGroups: [ApplicationSecurityGroup]
  public var serviceEndpointPolicies: [ServiceEndpointPolicy]
  public var networkInterfaces: [NetworkInterface]
  public var worldPorts: [WorldPort]
  /// Routes written in the file as if learned on the gateway (R3).
  public var bgpRoutes: [BGPRoute]
  /// What the services hold, and whom it admits (I3).
  public var resources: [Resource]
  /// The service's side, where the configuration has it (I2).
  public var edge: ServiceEdge?
  /// Whose ports and decisions these are.
  public var role = Role.fabric
  public var serviceTags: ServiceTags
  public var services: ServiceCatalogue

  public init(
    name: String = "", precedence: PrecedenceModel = .serviceEndpoints,
    icmpFollowsEndpoints: Bool = false, virtualNetworks: [VirtualNetwork] = [],
    subnets: [Subnet] = [], routeTables: [RouteTable] = [],
    securityGroups: [SecurityGroup] = [],
    applicationSecurityGroups: [ApplicationSecurityGroup] = [],
    serviceEndpointPolicies: [ServiceEndpointPolicy] = [],
    networkInterfaces: [NetworkInterface] = [], worldPorts: [WorldPort] = [],
    bgpRoutes: [BGPRoute] = [], resources: [Resource] = [],
    serviceTags: ServiceTags = ServiceTags(),
    services: ServiceCatalogue = ServiceCatalogue()
  ) {
    self.name = name
    self.precedence = precedence
    self.icmpFollowsEndpoints = icmpFollowsEndpoints
    self.virtualNetworks = virtualNetworks
    self.subnets = subnets
    self.routeTables = routeTables
    self.securityGroups = securityGroups
    self.applicationSecurityGroups = applicationSecurityGroups
    self.serviceEndpointPolicies = serviceEndpointPolicies
    self.networkInterfaces = networkInterfaces
    self.worldPorts = worldPorts
    self.bgpRoutes = bgpRoutes
    self.resources = resources
    self.serviceTags = serviceTags
    self.services = services
  }

  /// `network/subnet`, the name by which a user calls a subnet.
  public func qualifiedName(ofSubnet index: Int) -> String {
    "\(virtualNetworks[subnets[index].virtualNetwork].name)/\(subnets[index].name)"
  }

  /// The subnet called `network/subnet`, or `subnet` where only one network has such a subnet; names are compared
  /// without regard to case, as Azure does.
  public func subnet(named name: String) -> Int? {
    let name = name.lowercased()
    if name.contains("/") {
      return subnets.indices.first { qualifiedName(ofSubnet: $0).lowercased() == name }
    }
    let matches = subnets.indices.filter { subnets[$0].name.lowercased() == name }
    return matches.count == 1 ? matches[0] : nil
  }

  /// `internet`, `gateway` or `backbone`; where networks have a gateway each, `gateway/network`.
  public func name(ofWorldPort index: Int) -> String {
    let port = worldPorts[index]
    guard worldPorts.count(where: { $0.kind == port.kind }) > 1 else { return port.kind.rawValue }
    return qualifiedName(of: port)
  }

  /// With the network that it belongs to, however many ports there are of its kind.
  public func qualifiedName(of port: WorldPort) -> String {
    port.kind.rawValue + (port.virtualNetwork.map { "/\(virtualNetworks[$0].name)" } ?? "")
  }

  public func networkInterface(named name: String) -> Int? {
    networkInterfaces.firstIndex { $0.name.lowercased() == name.lowercased() }
  }
}

/// An Azure region by its programmatic name: `West Europe` and `westeurope` are one.
public struct Region: Hashable, Sendable, CustomStringConvertible {
  public let name: String

  public init(_ text: String) {
    name = text.lowercased().filter { $0 != " " && $0 != "-" }
  }

  public var description: String { name }
}

public struct VirtualNetwork: Sendable {
  public var name: String
  /// The identity number on the backbone (I1).
  public var id: UInt32
  public var region: Region
  public var tenant: String?
  public var subscription: String?
  /// Azure's; nil where the file has none, and one is made of subscription and name.
  public var resourceID: AzureID?
  public var addressSpace: [IPPrefix]
  public var peerings: [Peering]

  public init(
    name: String, id: UInt32, region: Region, tenant: String? = nil, subscription: String? = nil,
    resourceID: AzureID? = nil, addressSpace: [IPPrefix], peerings: [Peering] = []
  ) {
    self.name = name
    self.id = id
    self.region = region
    self.tenant = tenant
    self.subscription = subscription
    self.resourceID = resourceID
    self.addressSpace = addressSpace
    self.peerings = peerings
  }
}

/// One direction of a peering: what the network that holds it may reach.
public struct Peering: Sendable {
  public var name: String
  /// Index of the remote network.
  public var remote: Int
  /// The remote's routes learned by BGP are seen here (Azure's `useRemoteGateways`; the remote side
  /// must have `allowGatewayTransit`).
  public var usesRemoteGateway: Bool

  public init(name: String, remote: Int, usesRemoteGateway: Bool = false) {
    self.name = name
    self.remote = remote
    self.usesRemoteGateway = usesRemoteGateway
  }
}

public struct Subnet: Sendable {
  public var name: String
  /// Index of its network.
  public var virtualNetwork: Int
  public var addressPrefixes: [IPPrefix]
  public var serviceEndpoints: [ServiceEndpoint]
  /// Index of its route table.
  public var routeTable: Int?
  /// On the backbone (I1); nil for its place in the network.
  public var number: UInt16?
  /// Indices of its service endpoint policies (N2).
  public var serviceEndpointPolicies: [Int] = []
  /// Whichever name it has (I3); nil until `SubnetIdentities` has given one.
  public var identity: SubnetIdentity?
  /// Index of its network security group (N1).
  public var securityGroup: Int?
  /// The managed services that are deployed into it, such as `Microsoft.Web/serverFarms`. No packet's way depends on it.
  public var delegations: [String] = []

  public init(
    name: String, virtualNetwork: Int, addressPrefixes: [IPPrefix],
    serviceEndpoints: [ServiceEndpoint] = [], routeTable: Int? = nil, securityGroup: Int? = nil
  ) {
    self.name = name
    self.virtualNetwork = virtualNetwork
    self.addressPrefixes = addressPrefixes
    self.serviceEndpoints = serviceEndpoints
    self.routeTable = routeTable
    self.securityGroup = securityGroup
  }

  /// F6: the fabric's own address in a subnet, the first after the network's.
  public func gatewayAddress(ipv4: Bool) -> IPAddress? {
    addressPrefixes.first { $0.isIPv4 == ipv4 }?.address(at: 1)
  }
}

/// A service switched on for a subnet.
public struct ServiceEndpoint: Hashable, Sendable {
  /// Such as `Microsoft.Storage`; in the catalogue.
  public var service: String
  /// Nil: absent from the file, or `*`: what the service's scope rule gives (R7).
  public var locations: [Region]?

  public init(service: String, locations: [Region]? = nil) {
    self.service = service
    self.locations = locations
  }
}

public struct RouteTable: Sendable {
  public var name: String
  /// Hides gateway routes from the table's subnets (R2).
  public var disableBgpRoutePropagation: Bool
  public var routes: [UserRoute]

  public init(name: String, disableBgpRoutePropagation: Bool = false, routes: [UserRoute] = []) {
    self.name = name
    self.disableBgpRoutePropagation = disableBgpRoutePropagation
    self.routes = routes
  }
}

/// A user-defined route (R2).
public struct UserRoute: Hashable, Sendable {
  public enum Destination: Hashable, Sendable {
    case prefix(IPPrefix)
    /// The name of a service tag; in the tags.
    case serviceTag(String)
  }

  public var name: String
  public var destination: Destination
  public var nextHopType: NextHopType
  /// Of a `VirtualAppliance`.
  public var nextHopIPAddress: IPAddress?

  public init(
    name: String, destination: Destination, nextHopType: NextHopType,
    nextHopIPAddress: IPAddress? = nil
  ) {
    self.name = name
    self.destination = destination
    self.nextHopType = nextHopType
    self.nextHopIPAddress = nextHopIPAddress
  }
}

/// A route learned on a network's gateway (R3).
public struct BGPRoute: Hashable, Sendable {
  /// Index of the network whose gateway learned it.
  public var virtualNetwork: Int
  public var prefix: IPPrefix
  public var nextHop: IPAddress?

  public init(virtualNetwork: Int, prefix: IPPrefix, nextHop: IPAddress?) {
    self.virtualNetwork = virtualNetwork
    self.prefix = prefix
    self.nextHop = nextHop
  }
}

/// Which address the guest itself puts into its packets (F1).
public enum GuestAddress: String, CaseIterable, Sendable, Codable {
  case `private`
  case `public`
}

public struct NetworkInterface: Sendable {
  /// One of its addresses, and the public address that stands for it towards the Internet.
  public struct IPConfiguration: Hashable, Sendable {
    public var privateAddress: IPAddress
    public var publicAddress: IPAddress?
    /// Indices of the application security groups that it is in (N1).
    public var applicationSecurityGroups: [Int]

    public init(
      privateAddress: IPAddress, publicAddress: IPAddress? = nil,
      applicationSecurityGroups: [Int] = []
    ) {
      self.privateAddress = privateAddress
      self.publicAddress = publicAddress
      self.applicationSecurityGroups = applicationSecurityGroups
    }
  }

  public var name: String
  /// Index of its subnet.
  public var subnet: Int
  public var ipConfigurations: [IPConfiguration]
  public var macAddress: MACAddress
  /// It may send with addresses that are not its own: a virtual appliance.
  public var ipForwarding: Bool
  /// Index of its network security group (N1); its subnet may have one as well.
  public var securityGroup: Int?
  public var guestAddress: GuestAddress
  public var device: Device
  /// Where the host's own disk traffic for this NIC's machine comes in (R8); nil where nothing plays it.
  public var platformDevice: Device?
  /// What services see of that traffic: the host's own address, by which they know it (R8). Nil: the NIC's public one.
  public var platformAddress: IPAddress?

  public init(
    name: String, subnet: Int, ipConfigurations: [IPConfiguration], macAddress: MACAddress,
    ipForwarding: Bool = false, securityGroup: Int? = nil, guestAddress: GuestAddress = .private,
    device: Device, platformDevice: Device? = nil
  ) {
    self.name = name
    self.subnet = subnet
    self.ipConfigurations = ipConfigurations
    self.macAddress = macAddress
    self.ipForwarding = ipForwarding
    self.securityGroup = securityGroup
    self.guestAddress = guestAddress
    self.device = device
    self.platformDevice = platformDevice
  }
}

/// The kernel interface that a port stands on.
public struct Device: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable, Codable {
    /// One end of a veth pair, or any other interface that frames are captured from.
    case interface
    case tap
  }

  public var kind: Kind
  public var name: String
  /// Of a TAP: the network namespace that the guest's end stands in; nil is the dataplane's own.
  public var namespace: String?
  /// The largest IP packet it carries, in bytes.
  public var mtu: Int

  public init(kind: Kind = .interface, name: String, namespace: String? = nil, mtu: Int = 1500) {
    self.kind = kind
    self.name = name
    self.namespace = namespace
    self.mtu = mtu
  }
}

/// A port towards the world.
public struct WorldPort: Sendable {
  public enum Kind: String, CaseIterable, Sendable, Codable {
    case internet
    case gateway
    case backbone
    /// Of a service edge alone: towards the servers.
    case services
  }

  public var kind: Kind
  /// Of a gateway: the index of its network.
  public var virtualNetwork: Int?
  public var device: Device
  /// Ours, and that of the one neighbour on the link.
  public var macAddress: MACAddress
  public var peerMACAddress: MACAddress
  /// Our addresses on the link: ARP and neighbour discovery for them are answered, ICMP errors
  /// come from them.
  public var addresses: [IPAddress]
  /// Of the backbone; nil where packets go as they are.
  public var encapsulation: BackboneEncapsulation?

  public init(
    kind: Kind, virtualNetwork: Int? = nil, device: Device, macAddress: MACAddress,
    peerMACAddress: MACAddress, addresses: [IPAddress] = []
  ) {
    self.kind = kind
    self.virtualNetwork = virtualNetwork
    self.device = device
    self.macAddress = macAddress
    self.peerMACAddress = peerMACAddress
    self.addresses = addresses
  }
}
