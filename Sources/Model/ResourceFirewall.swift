import Wire

/// Whom a resource admits (I3): a rule of either kind admits, and where none does the default action decides.
public struct ResourceFirewall: Hashable, Sendable {
  public enum Action: String, CaseIterable, Sendable, Codable {
    case allow = "Allow"
    case deny = "Deny"
  }

  /// Admits what comes over the endpoint from one subnet, of whatever subscription, of the same tenant.
  public struct VirtualNetworkRule: Hashable, Sendable {
    /// SQL's rules have names.
    public var name: String?
    public var subnetID: AzureID
    /// The subnet that the rule was made for. Nil: there is none, and the rule admits nobody. A subnet made anew
    /// under an old name has another (`SubnetIdentities`).
    public var identity: SubnetIdentity?
    /// It may be written before the subnet has the endpoint.
    public var ignoreMissingVnetServiceEndpoint: Bool

    public init(
      name: String? = nil, subnetID: AzureID, identity: SubnetIdentity? = nil,
      ignoreMissingVnetServiceEndpoint: Bool = false
    ) {
      self.name = name
      self.subnetID = subnetID
      self.identity = identity
      self.ignoreMissingVnetServiceEndpoint = ignoreMissingVnetServiceEndpoint
    }
  }

  /// Admits public IPv4 addresses: of what does not come over an endpoint.
  public struct IPRule: Hashable, Sendable {
    public enum Addresses: Hashable, Sendable {
      /// From the first to the last, both included.
      case range(IPv4Address, IPv4Address)
      /// SQL's rule from 0.0.0.0 to 0.0.0.0: whatever has an address of Azure.
      case azureServices
    }

    public var name: String?
    public var addresses: Addresses

    public init(name: String? = nil, addresses: Addresses) {
      self.name = name
      self.addresses = addresses
    }

    /// - Precondition: the prefix is IPv4.
    public init(name: String? = nil, prefix: IPPrefix) {
      precondition(prefix.isIPv4)
      let (first, last) = (prefix.address.bits, prefix.last.bits)
      self.init(
        name: name,
        addresses: .range(
          IPv4Address(UInt32(truncatingIfNeeded: first)),
          IPv4Address(UInt32(truncatingIfNeeded: last))))
    }
  }

  /// Azure's `publicNetworkAccess`: where false nobody is admitted, whatever the rules.
  public var isPublic: Bool
  public var defaultAction: Action
  public var virtualNetworkRules: [VirtualNetworkRule]
  public var ipRules: [IPRule]

  public init(
    isPublic: Bool = true, defaultAction: Action = .allow,
    virtualNetworkRules: [VirtualNetworkRule] = [], ipRules: [IPRule] = []
  ) {
    self.isPublic = isPublic
    self.defaultAction = defaultAction
    self.virtualNetworkRules = virtualNetworkRules
    self.ipRules = ipRules
  }
}

extension ResourceFirewall.IPRule: CustomStringConvertible {
  /// As Azure writes it: an address, a prefix where the range is one, or `first-last`.
  public var description: String {
    guard case .range(let first, let last) = addresses else { return "Azure services" }
    if first == last { return "\(first)" }
    let size = UInt64(last.bits) - UInt64(first.bits) + 1
    guard size.nonzeroBitCount == 1, UInt64(first.bits) % size == 0 else {
      return "\(first)-\(last)"
    }
    return "\(first)/\(32 - size.trailingZeroBitCount)"
  }
}

extension ResourceFirewall.VirtualNetworkRule: CustomStringConvertible {
  /// `network/subnet`, or the whole ID where it is none of a subnet.
  public var description: String {
    let parts = subnetID.description.split(separator: "/")
    guard subnetID.resourceType?.lowercased() == "microsoft.network/virtualnetworks/subnets",
      parts.count >= 4
    else { return subnetID.description }
    return "\(parts[parts.count - 3])/\(parts[parts.count - 1])"
  }
}
