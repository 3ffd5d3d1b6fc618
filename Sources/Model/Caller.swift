import Wire

/// Who asks a resource, as the service sees it (I3, I6).
public struct Caller: Hashable, Sendable {
  /// Private where the request comes over an endpoint, else public.
  public var source: IPAddress
  /// Index of the network, where the request carries its identity.
  public var virtualNetwork: Int?
  /// Index of the subnet, likewise.
  public var subnet: Int?
  /// That subnet's, whatever its name.
  public var identity: SubnetIdentity?
  /// Of the network.
  public var tenant: String?
  /// In which Azure region it is; nil for what is outside of Azure, on-premises too.
  public var region: Region?
  public var viaEndpoint: Bool
  /// The host's own disk traffic: it meets no firewall (R8).
  public var isPlatform: Bool

  public init(
    source: IPAddress, virtualNetwork: Int? = nil, subnet: Int? = nil,
    identity: SubnetIdentity? = nil, tenant: String? = nil, region: Region? = nil,
    viaEndpoint: Bool = false, isPlatform: Bool = false
  ) {
    self.source = source
    self.virtualNetwork = virtualNetwork
    self.subnet = subnet
    self.identity = identity
    self.tenant = tenant
    self.region = region
    self.viaEndpoint = viaEndpoint
    self.isPlatform = isPlatform
  }
}

extension Topology {
  /// What comes over an endpoint of this subnet.
  public func caller(_ source: IPAddress, overEndpointOfSubnet index: Int) -> Caller {
    let subnet = subnets[index]
    let network = virtualNetworks[subnet.virtualNetwork]
    return Caller(
      source: source, virtualNetwork: subnet.virtualNetwork, subnet: index,
      identity: subnet.identity, tenant: network.tenant, region: network.region, viaEndpoint: true)
  }
}
