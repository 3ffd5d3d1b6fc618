import Wire

/// A storage account, an SQL server and the like: what a service holds for a customer, and what it admits (I3).
public struct Resource: Sendable {
  /// Where a request meets it: a geo-redundant account can be read in a second region.
  public enum Location: String, Hashable, Sendable, Codable {
    case primary
    case secondary
  }

  public var id: AzureID
  public var name: String
  /// In the catalogue: `Microsoft.Storage`.
  public var service: String
  public var region: Region
  /// Of a geo-redundant storage account.
  public var secondaryRegion: Region?
  /// Nil where the file does not say: then no network is refused for its tenant.
  public var tenant: String?
  /// May be those of other resources too: then the host name decides (I2).
  public var addresses: [IPAddress]
  public var secondaryAddresses: [IPAddress]
  /// In lower case, without a dot at the end. Names below one of them are the resource's too.
  public var hostNames: [String]
  public var secondaryHostNames: [String]
  public var firewall: ResourceFirewall

  public init(
    id: AzureID, name: String, service: String, region: Region, secondaryRegion: Region? = nil,
    tenant: String? = nil, addresses: [IPAddress] = [], secondaryAddresses: [IPAddress] = [],
    hostNames: [String] = [], secondaryHostNames: [String] = [],
    firewall: ResourceFirewall = ResourceFirewall()
  ) {
    self.id = id
    self.name = name
    self.service = service
    self.region = region
    self.secondaryRegion = secondaryRegion
    self.tenant = tenant
    self.addresses = addresses
    self.secondaryAddresses = secondaryAddresses
    self.hostNames = hostNames
    self.secondaryHostNames = secondaryHostNames
    self.firewall = firewall
  }

  /// The region in which a request meets it.
  public func region(at location: Location) -> Region {
    location == .secondary ? secondaryRegion ?? region : region
  }

  public func addresses(at location: Location) -> [IPAddress] {
    location == .secondary ? secondaryAddresses : addresses
  }

  public func hostNames(at location: Location) -> [String] {
    location == .secondary ? secondaryHostNames : hostNames
  }
}
